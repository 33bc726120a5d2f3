import {
  boundary, catching, end, exclusive, flow, forEach7, form7, inclusive, job7, note, parallel,
  people7, service, start, subProcess, user,
} from '../notation.mjs';

/** A duration from a variable, or a usual one where the variable is absent. */
const orElse = (variable, duration) =>
  `\${execution.hasVariable('${variable}') ? execution.getVariable('${variable}') : '${duration}'}`;

const mail = (to, subject, text) =>
  job7('bpmn-engine:mail:1', { inputs: { profile: 'demo-mail', to, subject, text } });

const access = (topic) => job7(topic, { inputs: { account: '${accountName}', grantedRole: '${role}' } });

const insideWorkplace = [
  start('AccountReady', 'Account ready', [1090, 400]),
  parallel('PrepareInParallel', 'Prepare in parallel', [1170, 400], { label: 'aboveLeft' }),

  service('CreateMailbox', 'Create mailbox', [1300, 160], {
    documentation: 'Answers with the address at work.',
    ...job7('mail:create-mailbox', {
      inputs: { account: '${accountName}', displayName: '${firstName} ${lastName}' },
    }),
  }),
  service('AssignLicences', 'Assign licence', [1300, 280], {
    documentation: 'Once per licence that the role needs.',
    ...job7('licences:assign', { inputs: { account: '${accountName}', product: '${licence}' } }),
    ...forEach7('${licences}', 'licence'),
  }),

  service('OrderLaptop', 'Order laptop', [1300, 400], {
    documentation: 'Raises OUT_OF_STOCK.',
    ...job7('assets:order-laptop', {
      inputs: { model: '${laptopModel}', deliverBy: '${startDate}', recipient: '${employeeId}' },
    }),
  }),
  boundary('OrderLaptop', 'LaptopOutOfStock', 'Out of stock', [1330, 440], {
    error: 'OutOfStockError',
  }),
  user('LendLaptop', 'Lend laptop from pool', [1330, 540], people7('it', 'lend-laptop')),
  exclusive('LaptopFound', 'Laptop found', [1450, 400]),
  user('HandOverLaptop', 'Hand over laptop', [1580, 400], {
    ...people7('it', 'hand-over-laptop', { dueDate: '${startDate}' }),
  }),

  inclusive('WhichAccess', 'Access by role', [1300, 770], { label: 'aboveLeft' }),
  service('GrantRepositoryAccess', 'Grant repository access', [1450, 660], access('repository:grant-access')),
  service('GrantCrmAccess', 'Grant CRM access', [1450, 770], access('crm:grant-access')),
  user('ApproveErpAccess', 'Approve ERP access', [1450, 880], people7('finance', 'approve-erp-access')),
  exclusive('ErpApproved', 'ERP access approved?', [1580, 880]),
  service('GrantErpAccess', 'Grant ERP access', [1710, 880], access('erp:grant-access')),
  service('GrantIntranetAccess', 'Grant intranet access', [1450, 1020], access('intranet:grant-access')),
  inclusive('AccessGranted', 'Access settled', [1840, 770], { label: 'aboveLeft' }),

  parallel('WorkplacePrepared', 'All prepared', [1840, 400], { label: 'aboveRight' }),
  end('WorkplaceReady', 'Workplace ready', [1950, 400]),
];

export default {
  id: 'employee_onboarding',
  name: 'Employee onboarding',
  documentation:
    'From the hiring in the HR system to a first day with account, laptop, mail, licences and access. Owner: hr.',
  platform: { name: 'Camunda Platform', version: '7.24.0' },
  messages: {
    EmployeeHiredMessage: { name: 'employee-hired' },
    EmployeeWithdrewMessage: { name: 'employee-withdrew' },
  },
  errors: {
    AccountExistsError: { name: 'Account exists', errorCode: 'ACCOUNT_EXISTS' },
    OutOfStockError: { name: 'Laptop out of stock', errorCode: 'OUT_OF_STOCK' },
  },
  elements: [
    start('EmployeeHired', 'Employee hired', [180, 400], { message: 'EmployeeHiredMessage' }),
    start('OnboardingRequested', 'Onboarding requested by hand', [180, 540], form7('onboarding-request')),
    service('LookUpRole', 'Look up role profile', [310, 400], {
      documentation: 'What a role needs: licences, applications, laptop model.',
      ...job7('hr:look-up-role-profile', { inputs: { roleName: '${role}' } }),
    }),
    user('ApproveOnboarding', 'Approve onboarding', [460, 400], people7('managers', 'approve-onboarding')),
    boundary('ApproveOnboarding', 'ApprovalReminder', 'Every day', [490, 360], {
      timer: { timeCycle: orElse('approvalReminder', 'R3/PT24H') },
      isInterrupting: false,
      label: 'aboveRight',
    }),
    service('RemindManagers', 'Remind managers', [490, 240], mail(
      'managers@example.org',
      'Please approve the onboarding of ${firstName} ${lastName}',
      '${firstName} ${lastName} starts on ${startDate} as ${role} in ${department}. Your approval is missing.',
    )),
    end('ManagersReminded', 'Managers reminded', [610, 240]),
    boundary('ApproveOnboarding', 'ApprovalOverdue', 'No decision', [490, 440], {
      timer: { timeDuration: orElse('approvalDeadline', 'P5D') },
    }),
    user('DecideOnboarding', 'Decide for the manager', [490, 540], people7('hr', 'decide-onboarding')),
    exclusive('DecisionMade', 'Decision made', [600, 400]),
    exclusive('OnboardingApproved', 'Approved?', [700, 400]),
    service('SendRejection', 'Tell HR about rejection', [700, 540], mail(
      'hr@example.org',
      'Onboarding of ${firstName} ${lastName} was not approved',
      'The onboarding of ${firstName} ${lastName} (${employeeId}) was not approved. Please talk to the manager.',
    )),
    end('OnboardingRejected', 'Onboarding rejected', [830, 540]),
    exclusive('AccountToCreate', 'Name to use', [800, 400], { label: 'below' }),
    service('CreateAccount', 'Create account', [920, 400], {
      documentation: 'Creates the account in the directory. Raises ACCOUNT_EXISTS.',
      ...job7('directory:create-account', {
        inputs: {
          givenName: '${firstName}',
          familyName: '${lastName}',
          groupName: '${department}',
          proposedName:
            "${execution.hasVariable('chosenAccountName') ? execution.getVariable('chosenAccountName') : ''}",
        },
      }),
    }),
    boundary('CreateAccount', 'AccountExists', 'Name is taken', [950, 360], {
      error: 'AccountExistsError',
      label: 'aboveLeft',
    }),
    user('ChooseAccountName', 'Choose account name', [950, 240], people7('it', 'choose-account-name')),

    subProcess('PrepareWorkplace', 'Prepare workplace', [1030, 80, 2010, 1090], insideWorkplace),
    boundary('PrepareWorkplace', 'EmployeeWithdrew', 'Employee withdrew', [1170, 1090], {
      message: 'EmployeeWithdrewMessage',
    }),
    service('DisableAccount', 'Disable account', [1300, 1180], job7('directory:disable-account', {
      inputs: { account: '${accountName}' },
    })),
    end('OnboardingCancelled', 'Onboarding cancelled', [1430, 1180]),
    boundary('PrepareWorkplace', 'PreparationLate', 'Preparation is late', [1710, 1090], {
      timer: { timeDuration: orElse('preparationTarget', 'P3D') },
      isInterrupting: false,
    }),
    service('AlertIt', 'Alert IT', [1840, 1180], mail(
      'it@example.org',
      'The workplace of ${firstName} ${lastName} is late',
      'The workplace of ${firstName} ${lastName} (${accountName}) is not ready yet; the first day is ${startDate}.',
    )),
    end('ItAlerted', 'IT alerted', [1960, 1180]),

    catching('FirstDay', 'First day', [2090, 400], { timer: { timeDate: '${startDate}' } }),
    service('SendWelcome', 'Send welcome mail', [2210, 400], mail(
      '${personalEmail}',
      'Welcome, ${firstName}',
      'Dear ${firstName},\n\nwelcome to ${department}. Your account is ${accountName}, your address at work is ${workEmail}.\n\nYour HR team',
    )),
    user('HoldWelcomeTalk', 'Hold welcome talk', [2360, 400], people7('managers', 'welcome-talk')),
    service('FileRecord', 'File onboarding record', [2510, 400], {
      documentation: 'Written once to the file share of HR.',
      ...job7('bpmn-engine:file-share:1', {
        inputs: {
          profile: 'demo-share',
          operation: 'write',
          path: 'onboarding/${employeeId}.txt',
          content:
            'Employee: ${firstName} ${lastName} (${employeeId})\nRole: ${role}, ${department}\nFirst day: ${startDate}\nAccount: ${accountName}\nMail: ${workEmail}\nLaptop: ${laptopSerial}\n',
        },
      }),
    }),
    end('EmployeeOnboarded', 'Employee onboarded', [2640, 400]),
    note('AboutWorkers', 'Directory, assets, licences and applications are open to external workers: topics directory:…, assets:…, licences:…, …:grant-access',
      [300, 700], [200, 85]),
  ],
  flows: [
    flow('EmployeeHired', 'LookUpRole'),
    flow('OnboardingRequested', 'LookUpRole', { via: [[310, 540]] }),
    flow('LookUpRole', 'ApproveOnboarding'),
    flow('ApprovalReminder', 'RemindManagers'),
    flow('RemindManagers', 'ManagersReminded'),
    flow('ApproveOnboarding', 'DecisionMade'),
    flow('ApprovalOverdue', 'DecideOnboarding'),
    flow('DecideOnboarding', 'DecisionMade', { via: [[600, 540]] }),
    flow('DecisionMade', 'OnboardingApproved'),
    flow('OnboardingApproved', 'AccountToCreate', { name: 'yes', condition: '${approved == true}' }),
    flow('OnboardingApproved', 'SendRejection', { name: 'no', isDefault: true }),
    flow('SendRejection', 'OnboardingRejected'),
    flow('AccountToCreate', 'CreateAccount'),
    flow('AccountExists', 'ChooseAccountName'),
    flow('ChooseAccountName', 'AccountToCreate', { via: [[800, 240]] }),
    flow('CreateAccount', 'PrepareWorkplace', { waypoints: [[970, 400], [1030, 400]] }),

    flow('AccountReady', 'PrepareInParallel'),
    flow('PrepareInParallel', 'CreateMailbox', { name: 'mail', via: [[1170, 160]], label: [1176, 142] }),
    flow('PrepareInParallel', 'AssignLicences', { name: 'licences', via: [[1170, 280]], label: [1176, 262] }),
    flow('PrepareInParallel', 'OrderLaptop', { name: 'laptop' }),
    flow('PrepareInParallel', 'WhichAccess', { name: 'access', via: [[1170, 770]], label: [1176, 752] }),
    flow('CreateMailbox', 'WorkplacePrepared', { via: [[1840, 160]] }),
    flow('AssignLicences', 'WorkplacePrepared', { via: [[1840, 280]] }),
    flow('OrderLaptop', 'LaptopFound'),
    flow('LaptopOutOfStock', 'LendLaptop'),
    flow('LendLaptop', 'LaptopFound', { via: [[1450, 540]] }),
    flow('LaptopFound', 'HandOverLaptop'),
    flow('HandOverLaptop', 'WorkplacePrepared'),
    flow('WhichAccess', 'GrantRepositoryAccess', {
      name: 'repository', condition: "${applications.contains('repository')}", via: [[1300, 660]], label: [1306, 642],
    }),
    flow('WhichAccess', 'GrantCrmAccess', { name: 'CRM', condition: "${applications.contains('crm')}" }),
    flow('WhichAccess', 'ApproveErpAccess', {
      name: 'ERP', condition: "${applications.contains('erp')}", via: [[1300, 880]], label: [1306, 862],
    }),
    flow('WhichAccess', 'GrantIntranetAccess', {
      name: 'intranet only', isDefault: true, via: [[1300, 1020]], label: [1306, 1002],
    }),
    flow('ApproveErpAccess', 'ErpApproved'),
    flow('ErpApproved', 'GrantErpAccess', { name: 'yes', condition: '${erpAccessApproved == true}' }),
    flow('ErpApproved', 'AccessGranted', { name: 'no', isDefault: true, via: [[1580, 960], [1840, 960]] }),
    flow('GrantRepositoryAccess', 'AccessGranted', { via: [[1840, 660]] }),
    flow('GrantCrmAccess', 'AccessGranted'),
    flow('GrantErpAccess', 'AccessGranted', { via: [[1840, 880]] }),
    flow('GrantIntranetAccess', 'AccessGranted', { via: [[1840, 1020]] }),
    flow('AccessGranted', 'WorkplacePrepared'),
    flow('WorkplacePrepared', 'WorkplaceReady'),

    flow('EmployeeWithdrew', 'DisableAccount', { via: [[1170, 1180]] }),
    flow('DisableAccount', 'OnboardingCancelled'),
    flow('PreparationLate', 'AlertIt', { via: [[1710, 1180]] }),
    flow('AlertIt', 'ItAlerted'),
    flow('PrepareWorkplace', 'FirstDay', { waypoints: [[2010, 400], [2072, 400]] }),
    flow('FirstDay', 'SendWelcome'),
    flow('SendWelcome', 'HoldWelcomeTalk'),
    flow('HoldWelcomeTalk', 'FileRecord'),
    flow('FileRecord', 'EmployeeOnboarded'),
  ],
};
