import {
  boundary, end, exclusive, expression8, flow, forEach8, form8, job8, note, people8, script,
  service, start, user,
} from '../notation.mjs';

const orElse = (variable, duration) =>
  `=if ${variable} = null then "${duration}" else ${variable}`;

const mail = (to, subject, text, sentVariable) =>
  job8('bpmn-engine:mail:1', {
    inputs: { profile: '="demo-mail"', to, subject, text },
    outputs: { [sentVariable]: '=true' },
  });

const CERTIFICATE =
  '"Certificate of completion\\n\\nCustomer: " + customerName + " (" + customerId + ")\\nContract: " + contractId'
  + ' + "\\nERP document: " + erpDocumentId + "\\nServices: " + string join(services, ", ")'
  + ' + "\\nContainers: " + string join(containers, ", ") + "\\n"';

export default {
  id: 'customer_value_stream',
  name: 'Customer value stream',
  documentation:
    'From the signed contract to services that run, a certificate in the hands of the customer and a CRM that knows. Owner: finance.',
  platform: { name: 'Camunda Cloud', version: '8.9.0' },
  messages: { ContractSignedMessage: { name: 'contract-signed' } },
  errors: {
    PostingRejectedError: { name: 'Posting rejected', errorCode: 'POSTING_REJECTED' },
    CustomerBlockedError: { name: 'Customer blocked', errorCode: 'CUSTOMER_BLOCKED' },
    NoCapacityError: { name: 'No capacity', errorCode: 'NO_CAPACITY' },
    FileExistsError: { name: 'File exists', errorCode: 'FILE_EXISTS' },
    AccountLockedError: { name: 'Account locked', errorCode: 'ACCOUNT_LOCKED' },
  },
  elements: [
    start('ContractSigned', 'Contract signed', [180, 400], { message: 'ContractSignedMessage' }),
    start('ContractEntered', 'Contract entered by hand', [180, 540], form8('contract-entry')),
    script('AssessContract', 'Assess contract', [310, 400], expression8('=amount > 50000', 'approvalNeeded')),
    exclusive('ApprovalNeeded', 'Above limit?', [430, 400], { label: 'below' }),
    user('ApprovePosting', 'Approve posting', [550, 260],
      people8('finance', 'approve-posting', { dueIn: 'P2D' })),
    exclusive('PostingApproved', 'Approved?', [680, 260], { label: 'right' }),
    service('TellSales', 'Tell sales', [810, 130], mail(
      '="sales@example.org"',
      '="Contract " + contractId + " was not approved"',
      '="Finance did not approve contract " + contractId + " of " + customerName + " over " + string(amount) + " " + currency + "."',
      'salesInformed',
    )),
    end('ContractRejected', 'Contract rejected', [930, 130]),
    exclusive('ReadyToPost', 'Ready to post', [680, 400], { label: [688, 428] }),
    service('PostToLedger', 'Post to ledger', [820, 400], {
      documentation:
        'The mainframe\'s own scheduler runs the posting job in its next batch window; the worker answers when the job has ended. Raises POSTING_REJECTED.',
      ...job8('mainframe:ledger-posting', {
        inputs: {
          contractId: '=contractId', customerId: '=customerId', ledgerAccount: '=ledgerAccount',
          amount: '=amount', currency: '=currency',
        },
        outputs: { ledgerPostingId: '=ledgerPostingId', mainframeJobId: '=mainframeJobId' },
      }),
    }),
    boundary('PostToLedger', 'BatchWindowMissed', 'Batch window missed', [850, 360], {
      timer: { timeDuration: orElse('postingTarget', 'PT6H') },
      isInterrupting: false,
      label: [750, 318],
    }),
    service('AlertFinance', 'Alert finance', [980, 260], mail(
      '="finance@example.org"',
      '="The ledger posting for contract " + contractId + " is late"',
      '="The mainframe has not yet posted " + string(amount) + " " + currency + " for contract " + contractId + "."',
      'financeAlerted',
    )),
    end('FinanceAlerted', 'Finance alerted', [1100, 260]),
    boundary('PostToLedger', 'PostingRejected', 'Posting rejected', [850, 440], {
      error: 'PostingRejectedError',
    }),
    user('CorrectPosting', 'Correct posting', [850, 540],
      people8('finance', 'correct-posting', { dueIn: 'PT8H' })),

    exclusive('ReadyForErp', 'Ready for ERP', [960, 400]),
    service('CreateErpDocument', 'Create ERP document', [1090, 400], {
      documentation: 'Creates the sales document in the ERP system. Raises CUSTOMER_BLOCKED.',
      ...job8('erp:create-document', {
        inputs: {
          contractId: '=contractId', customerId: '=customerId', amount: '=amount',
          ledgerPostingId: '=ledgerPostingId',
          creditReleased: '=if creditReleased = null then false else creditReleased',
        },
        outputs: { erpDocumentId: '=erpDocumentId' },
      }),
    }),
    boundary('CreateErpDocument', 'CustomerBlocked', 'Customer blocked', [1120, 440], {
      error: 'CustomerBlockedError',
    }),
    user('ReleaseCustomer', 'Release customer', [1120, 540],
      people8('finance', 'release-customer', { dueIn: 'P1D' })),

    exclusive('ReadyToProvision', 'Ready to provision', [1230, 400]),
    service('ProvisionContainer', 'Provision container', [1360, 400], {
      documentation: 'Once per service that was sold. Raises NO_CAPACITY.',
      ...job8('server:provision-container', {
        inputs: {
          service: '=service', customerId: '=customerId',
          capacityFreed: '=if capacityFreed = null then false else capacityFreed',
        },
        outputs: { containerId: '=containerId' },
      }),
      ...forEach8('=services', 'service', 'containers', '=containerId'),
    }),
    boundary('ProvisionContainer', 'NoCapacity', 'No capacity', [1390, 440], { error: 'NoCapacityError' }),
    user('FreeCapacity', 'Free capacity on server', [1390, 540],
      people8('it', 'free-capacity', { dueIn: 'PT4H' })),
    service('CheckHealth', 'Check health', [1510, 400], job8('server:check-health', {
      inputs: {
        containers: '=containers',
        containersRepaired: '=if containersRepaired = null then false else containersRepaired',
        customerId: '=customerId',
      },
      outputs: { healthy: '=healthy', unhealthyContainers: '=unhealthyContainers' },
    })),
    exclusive('Healthy', 'All healthy?', [1630, 400], { label: 'below' }),
    user('RepairContainers', 'Repair containers', [1510, 260],
      people8('it', 'repair-containers', { dueIn: 'PT4H' })),

    exclusive('HasCloudShare', 'Cloud share?', [1750, 400]),
    service('WriteCertificate', 'Put certificate on share', [1880, 400], {
      documentation: 'Written once to the cloud file share of the customer. Raises FILE_EXISTS.',
      ...job8('bpmn-engine:file-share:1', {
        inputs: {
          profile: '="demo-share"',
          operation: '="write"',
          path: '="certificates/" + customerId + "/" + contractId + ".txt"',
          content: `=${CERTIFICATE}`,
        },
        outputs: { certificatePath: '=path' },
      }),
    }),
    boundary('WriteCertificate', 'AlreadyDelivered', 'Already there', [1910, 360], {
      error: 'FileExistsError',
      label: [1832, 324],
    }),
    service('MailCertificate', 'Mail certificate', [1880, 540], mail(
      '=customerEmail',
      '="Certificate of completion for contract " + contractId',
      `=${CERTIFICATE}`,
      'certificateMailed',
    )),
    exclusive('CertificateDelivered', 'Delivered', [2010, 400], { label: 'aboveRight' }),

    service('UpdateCrm', 'Update CRM', [2150, 400], {
      documentation:
        'A scheduled Windows task picks the update up and writes it to the CRM; the worker answers when the task has ended. Raises ACCOUNT_LOCKED.',
      ...job8('crm:update-account', {
        inputs: {
          customerId: '=customerId', contractId: '=contractId', erpDocumentId: '=erpDocumentId',
          lifecycleStage: '="live"',
        },
        outputs: { crmUpdateId: '=crmUpdateId' },
      }),
    }),
    boundary('UpdateCrm', 'WindowsTaskSilent', 'Task is silent', [2130, 440], {
      timer: { timeDuration: orElse('crmDeadline', 'P1D') },
      label: 'belowLeft',
    }),
    boundary('UpdateCrm', 'AccountLocked', 'Account locked', [2170, 440], { error: 'AccountLockedError' }),
    user('UpdateCrmByHand', 'Update CRM by hand', [2150, 540],
      people8('sales', 'update-crm', { dueIn: 'P2D' })),
    exclusive('CrmKnows', 'CRM is up to date', [2270, 400]),
    service('NotifyCustomer', 'Notify customer', [2400, 400], mail(
      '=customerEmail',
      '="Your services are live"',
      '="Dear " + customerName + ",\\n\\nyour services are live: " + string join(services, ", ") + ". The certificate of completion is waiting for you.\\n\\nYour delivery team"',
      'customerNotified',
    )),
    end('ValueDelivered', 'Value delivered', [2530, 400]),
    note('AboutWorkers', 'Mainframe, ERP, server and CRM are open to external workers: job types mainframe:…, erp:…, server:… and crm:…',
      [300, 680], [210, 70]),
  ],
  flows: [
    flow('ContractSigned', 'AssessContract'),
    flow('ContractEntered', 'AssessContract', { via: [[310, 540]] }),
    flow('AssessContract', 'ApprovalNeeded'),
    flow('ApprovalNeeded', 'ApprovePosting', { name: 'yes', condition: '=approvalNeeded', via: [[430, 260]] }),
    flow('ApprovalNeeded', 'ReadyToPost', { name: 'no', isDefault: true }),
    flow('ApprovePosting', 'PostingApproved'),
    flow('PostingApproved', 'ReadyToPost', { name: 'yes', condition: '=postingApproved = true' }),
    flow('PostingApproved', 'TellSales', { name: 'no', isDefault: true, via: [[680, 130]] }),
    flow('TellSales', 'ContractRejected'),
    flow('ReadyToPost', 'PostToLedger'),
    flow('BatchWindowMissed', 'AlertFinance', { via: [[850, 260]] }),
    flow('AlertFinance', 'FinanceAlerted'),
    flow('PostingRejected', 'CorrectPosting'),
    flow('CorrectPosting', 'ReadyToPost', { via: [[680, 540]] }),
    flow('PostToLedger', 'ReadyForErp'),
    flow('ReadyForErp', 'CreateErpDocument'),
    flow('CustomerBlocked', 'ReleaseCustomer'),
    flow('ReleaseCustomer', 'ReadyForErp', { via: [[960, 540]] }),
    flow('CreateErpDocument', 'ReadyToProvision'),
    flow('ReadyToProvision', 'ProvisionContainer'),
    flow('NoCapacity', 'FreeCapacity'),
    flow('FreeCapacity', 'ReadyToProvision', { via: [[1230, 540]] }),
    flow('ProvisionContainer', 'CheckHealth'),
    flow('CheckHealth', 'Healthy'),
    flow('Healthy', 'RepairContainers', { name: 'no', isDefault: true, via: [[1630, 260]] }),
    flow('RepairContainers', 'CheckHealth'),
    flow('Healthy', 'HasCloudShare', { name: 'yes', condition: '=healthy' }),
    flow('HasCloudShare', 'WriteCertificate', { name: 'yes', condition: '=cloudShare = true' }),
    flow('HasCloudShare', 'MailCertificate', { name: 'no', isDefault: true, via: [[1750, 540]] }),
    flow('WriteCertificate', 'CertificateDelivered'),
    flow('AlreadyDelivered', 'CertificateDelivered', { via: [[1910, 300], [2010, 300]] }),
    flow('MailCertificate', 'CertificateDelivered', { via: [[2010, 540]] }),
    flow('CertificateDelivered', 'UpdateCrm'),
    flow('WindowsTaskSilent', 'UpdateCrmByHand'),
    flow('AccountLocked', 'UpdateCrmByHand'),
    flow('UpdateCrmByHand', 'CrmKnows', { via: [[2270, 540]] }),
    flow('UpdateCrm', 'CrmKnows'),
    flow('CrmKnows', 'NotifyCustomer'),
    flow('NotifyCustomer', 'ValueDelivered'),
  ],
};
