"""User tasks and jobs as searches find them, and what people leave beside them."""

from __future__ import annotations

from bpmn_engine.service.standalone_tasks import NewTask as NewTask
from bpmn_engine.service.task_delegation import TaskUpdate as TaskUpdate
from bpmn_engine.views.found_work import Delegation as Delegation
from bpmn_engine.views.found_work import FoundJob as FoundJob
from bpmn_engine.views.found_work import FoundTask as FoundTask
from bpmn_engine.views.found_work import TaskAge as TaskAge
from bpmn_engine.views.notes import AttachmentView as AttachmentView
from bpmn_engine.views.notes import CommentView as CommentView
from bpmn_engine.views.notes import NewAttachment as NewAttachment
from bpmn_engine.views.notes import SavedFilter as SavedFilter
from bpmn_engine.views.work import STANDALONE as STANDALONE
