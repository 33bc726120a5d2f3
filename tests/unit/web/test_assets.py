"""The manifest of the browser bundle becomes the elements of a page's head."""

import json

import pytest

from web.assets import AssetManifest, BundleMissingError, UnknownEntryError

MANIFEST = {
    "_page.js": {"file": "assets/page-1.js", "name": "page"},
    "_chart.js": {"file": "assets/chart-2.js", "imports": ["_page.js"], "css": ["assets/c.css"]},
    "src/theme.js": {"file": "assets/theme-3.js", "name": "theme", "isEntry": True},
    "src/dashboard.js": {
        "file": "assets/dashboard-4.js",
        "name": "dashboard",
        "isEntry": True,
        "imports": ["_chart.js", "_page.js"],
        "css": ["assets/dashboard.css"],
    },
}


def load(folder):
    (folder / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return AssetManifest.load(folder)


def test_entry_loads_styles_then_chunks_once_then_its_script(tmp_path):
    manifest = load(tmp_path)

    tags = manifest.tags("dashboard")

    assert tags.splitlines() == [
        '<link rel="stylesheet" href="/static/dist/assets/dashboard.css">',
        '<link rel="stylesheet" href="/static/dist/assets/c.css">',
        '<link rel="modulepreload" href="/static/dist/assets/chart-2.js">',
        '<link rel="modulepreload" href="/static/dist/assets/page-1.js">',
        '<script type="module" src="/static/dist/assets/dashboard-4.js"></script>',
    ]


def test_theme_is_a_classic_script_that_blocks_the_first_paint(tmp_path):
    manifest = load(tmp_path)

    tags = manifest.tags("theme")

    assert tags == '<script src="/static/dist/assets/theme-3.js"></script>'


def test_unknown_entry_is_an_error_that_names_it(tmp_path):
    manifest = load(tmp_path)

    with pytest.raises(UnknownEntryError, match="'modeler'"):
        manifest.tags("modeler")


@pytest.mark.parametrize("content", [None, "not json", '{"a": {"isEntry": true}}'])
def test_missing_or_broken_manifest_is_an_error_that_names_the_file(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")

    with pytest.raises(BundleMissingError, match=r"manifest\.json"):
        AssetManifest.load(tmp_path)
