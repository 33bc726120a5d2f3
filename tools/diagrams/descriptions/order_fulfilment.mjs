import {
  boundary, catching, end, eventBased, exclusive, expression8, flow, form8, job8, note, parallel,
  people8, script, service, start, subProcess, user,
} from '../notation.mjs';

const orElse = (variable, duration) =>
  `=if ${variable} = null then "${duration}" else ${variable}`;

const mail = (to, subject, text, sentVariable) =>
  job8('bpmn-engine:mail:1', {
    inputs: { profile: '="demo-mail"', to, subject, text },
    outputs: { [sentVariable]: '=true' },
  });

const insideFulfilment = [
  start('FulfilmentStarted', 'Stock found', [800, 500]),
  parallel('WorkInParallel', 'Work in parallel', [880, 500], { label: 'aboveLeft' }),

  service('CreatePickList', 'Create pick list', [1010, 300], {
    documentation: 'The warehouse system answers with the number and the storage bins of the pick list.',
    ...job8('warehouse:create-pick-list', {
      inputs: { orderId: '=orderId', item: '=item', quantity: '=quantity' },
      outputs: { pickListId: '=pickListId', storageBin: '=storageBin' },
    }),
  }),
  user('PickGoods', 'Pick and pack goods', [1160, 300], {
    documentation: 'Done in the warehouse; the packed quantity may be less than what was ordered.',
    ...people8('warehouse', 'pick-goods', { dueIn: 'PT8H' }),
  }),
  boundary('PickGoods', 'PickingSlow', 'Packing is slow', [1190, 260], {
    timer: { timeDuration: orElse('pickingReminder', 'PT4H') },
    isInterrupting: false,
    label: 'aboveLeft',
  }),
  service('RemindWarehouse', 'Remind warehouse', [1310, 160], mail(
    '="warehouse@example.org"',
    '="Please pack order " + orderId',
    '="Order " + orderId + " (" + string(quantity) + " x " + item + ") is still waiting on pick list " + pickListId + "."',
    'warehouseReminded',
  )),
  end('WarehouseReminded', 'Warehouse reminded', [1430, 160]),
  exclusive('EverythingPacked', 'All packed?', [1390, 300]),
  end('GoodsMissingEnd', 'Goods missing', [1500, 300], { error: 'GoodsMissing' }),

  service('ReserveInventory', 'Update inventory', [1010, 500], {
    documentation: 'Takes the ordered quantity out of the stock that may still be sold.',
    ...job8('warehouse:reserve-inventory', {
      inputs: { orderId: '=orderId', item: '=item', quantity: '=quantity' },
      outputs: { reservationId: '=reservationId' },
    }),
  }),

  exclusive('AddressKnown', 'Address to use', [960, 640]),
  service('RequestShipping', 'Request shipping', [1080, 640], {
    documentation: 'Books the parcel with the carrier. Raises ADDRESS_NOT_SERVED.',
    ...job8('shipping:request-shipment', {
      inputs: { orderId: '=orderId', shippingAddress: '=shippingAddress', quantity: '=quantity' },
      outputs: { trackingNumber: '=trackingNumber', carrier: '=carrier' },
    }),
  }),
  boundary('RequestShipping', 'AddressNotServed', 'Address not served', [1110, 680], {
    error: 'AddressNotServedError',
  }),
  user('CorrectAddress', 'Correct address with customer', [1110, 780],
    people8('sales', 'correct-address', { dueIn: 'P1D' })),

  service('SendStatusMail', 'Send status mail', [1010, 890], mail(
    '=customerEmail',
    '="Your order " + orderId + " is being packed"',
    '="Dear " + customerName + ",\\n\\nwe are packing " + string(quantity) + " x " + item + " for you. The total is " + string(orderTotal) + " EUR.\\n\\nYour sales team"',
    'statusMailSent',
  )),

  parallel('WorkDone', 'All done', [1390, 500], { label: 'aboveRight' }),
  end('ReadyToShip', 'Ready to ship', [1500, 500]),
];

export default {
  id: 'order_fulfilment',
  name: 'Order fulfilment',
  documentation:
    'From an order to a parcel that is ready to ship, or to an honest word about the delay. Owner: sales.',
  platform: { name: 'Camunda Cloud', version: '8.9.0' },
  messages: {
    OrderPlacedMessage: { name: 'order-placed' },
    SubstituteAnsweredMessage: { name: 'substitute-answered', correlationKey: '=orderId' },
  },
  signals: { GoodsRestockedSignal: { name: 'goods-restocked' } },
  errors: {
    ItemUnknownError: { name: 'Item unknown', errorCode: 'ITEM_UNKNOWN' },
    AddressNotServedError: { name: 'Address not served', errorCode: 'ADDRESS_NOT_SERVED' },
    GoodsMissing: { name: 'Goods missing', errorCode: 'GOODS_MISSING' },
  },
  elements: [
    start('OrderPlaced', 'Order placed in web shop', [180, 500], { message: 'OrderPlacedMessage' }),
    start('OrderTaken', 'Order taken by sales', [180, 640], form8('order-entry')),
    script('RegisterOrder', 'Register order', [300, 500],
      expression8('=quantity * unitPrice', 'orderTotal')),
    exclusive('StockToCheck', 'Stock to check', [410, 500], { label: [418, 545] }),
    service('CheckStock', 'Check stock', [530, 500], {
      documentation: 'Asks the warehouse for the item. Raises ITEM_UNKNOWN.',
      ...job8('warehouse:check-stock', {
        inputs: {
          item: '=item',
          quantity: '=quantity',
          stockCheckCount: '=if stockCheckCount = null then 0 else stockCheckCount',
        },
        outputs: {
          availableQuantity: '=availableQuantity',
          stockSufficient: '=stockSufficient',
          substituteItem: '=substituteItem',
          substitutePrice: '=substitutePrice',
          restockDays: '=restockDays',
          stockCheckCount: '=stockCheckCount',
        },
      }),
    }),
    boundary('CheckStock', 'ItemUnknown', 'Item unknown', [560, 460], {
      error: 'ItemUnknownError',
      label: 'aboveRight',
    }),
    user('ClarifyItem', 'Clarify item with customer', [560, 340],
      people8('sales', 'clarify-item', { dueIn: 'P1D' })),
    exclusive('StillWanted', 'Still wanted?', [410, 340]),
    end('OrderWithdrawn', 'Order withdrawn', [300, 340]),
    exclusive('StockSufficient', 'Enough in stock?', [660, 500]),

    subProcess('FulfilOrder', 'Fulfil order', [760, 80, 1560, 950], insideFulfilment),
    boundary('FulfilOrder', 'FulfilmentLate', 'Order is late', [1500, 950], {
      timer: { timeDuration: orElse('fulfilmentTarget', 'PT24H') },
      isInterrupting: false,
    }),
    boundary('FulfilOrder', 'GoodsMissingCaught', 'Goods missing', [1340, 950], {
      error: 'GoodsMissing',
    }),
    end('OrderFulfilled', 'Order fulfilled', [1660, 500]),
    service('AlertManagers', 'Alert managers', [1660, 1040], mail(
      '="managers@example.org"',
      '="Order " + orderId + " is late"',
      '="Order " + orderId + " of " + customerName + " has not been packed within the promised time."',
      'managersAlerted',
    )),
    end('ManagersAlerted', 'Managers alerted', [1780, 1040]),

    exclusive('SubstituteInStock', 'Substitute in stock?', [660, 1080], { label: 'left' }),
    service('OfferSubstitute', 'Offer substitute', [800, 1080], mail(
      '=customerEmail',
      '="A substitute for your order " + orderId',
      '="Dear " + customerName + ",\\n\\n" + item + " is sold out. We can send " + substituteItem + " for " + string(substitutePrice) + " EUR a piece instead. Would you like that?\\n\\nYour sales team"',
      'substituteOffered',
    )),
    eventBased('CustomerAnswer', 'Answer or silence', [920, 1080]),
    catching('SubstituteAnswered', 'Customer answered', [1010, 1080], {
      message: 'SubstituteAnsweredMessage',
    }),
    exclusive('SubstituteAccepted', 'Accepted?', [1110, 1080]),
    script('ApplySubstitute', 'Change order to substitute', [1230, 1080],
      expression8('={item: substituteItem, unitPrice: substitutePrice, total: quantity * substitutePrice}', 'substitution', {
        outputs: {
          item: '=substitution.item',
          unitPrice: '=substitution.unitPrice',
          orderTotal: '=substitution.total',
        },
      })),
    catching('NoAnswer', 'No answer', [1010, 1200], {
      timer: { timeDuration: orElse('answerDeadline', 'P3D') },
    }),
    exclusive('NoSubstitute', 'No substitute', [1110, 1200], { label: 'belowRight' }),
    service('SendDelayNotice', 'Send delay notice', [1340, 1200], mail(
      '=customerEmail',
      '="Your order " + orderId + " is delayed"',
      '="Dear " + customerName + ",\\n\\n" + item + " is not in stock at the moment. We expect it " + (if restockDays = null then "soon" else "in " + string(restockDays) + " days") + " and send it then.\\n\\nYour sales team"',
      'delayNoticeSent',
    )),
    eventBased('AwaitRestock', 'Await restock', [1460, 1200]),
    catching('RestockOverdue', 'Restock overdue', [1550, 1200], {
      timer: { timeDuration: orElse('restockDeadline', 'P14D') },
    }),
    service('SendCancellation', 'Send cancellation', [1660, 1200], mail(
      '=customerEmail',
      '="Your order " + orderId + " is cancelled"',
      '="Dear " + customerName + ",\\n\\nwe are sorry: " + item + " did not arrive in time. We have cancelled your order and you pay nothing.\\n\\nYour sales team"',
      'cancellationSent',
    )),
    end('OrderCancelled', 'Order cancelled', [1780, 1200]),
    catching('GoodsRestocked', 'Goods restocked', [1340, 1320], {
      signal: 'GoodsRestockedSignal',
    }),
    note('AboutWorkers', 'The warehouse and the carrier are open to external workers: job types warehouse:… and shipping:…',
      [300, 790], [180, 70]),
  ],
  flows: [
    flow('OrderPlaced', 'RegisterOrder'),
    flow('OrderTaken', 'RegisterOrder', { via: [[300, 640]] }),
    flow('RegisterOrder', 'StockToCheck'),
    flow('StockToCheck', 'CheckStock'),
    flow('ItemUnknown', 'ClarifyItem'),
    flow('ClarifyItem', 'StillWanted', { via: [] }),
    flow('StillWanted', 'OrderWithdrawn', { name: 'no', condition: '=orderWithdrawn = true' }),
    flow('StillWanted', 'StockToCheck', { name: 'yes', isDefault: true }),
    flow('CheckStock', 'StockSufficient'),
    flow('StockSufficient', 'FulfilOrder', {
      name: 'yes', condition: '=stockSufficient', waypoints: [[685, 500], [760, 500]],
    }),
    flow('StockSufficient', 'SubstituteInStock', { name: 'no', isDefault: true }),

    flow('FulfilmentStarted', 'WorkInParallel'),
    flow('WorkInParallel', 'CreatePickList', { name: 'pick', via: [[880, 300]] }),
    flow('WorkInParallel', 'ReserveInventory', { name: 'inventory' }),
    flow('WorkInParallel', 'AddressKnown', { name: 'ship', via: [[880, 640]], label: [886, 621] }),
    flow('WorkInParallel', 'SendStatusMail', { name: 'inform', via: [[880, 890]], label: [886, 871] }),
    flow('CreatePickList', 'PickGoods'),
    flow('PickingSlow', 'RemindWarehouse', { via: [[1190, 160]] }),
    flow('RemindWarehouse', 'WarehouseReminded'),
    flow('PickGoods', 'EverythingPacked'),
    flow('EverythingPacked', 'GoodsMissingEnd', { name: 'no', condition: '=packedQuantity < quantity' }),
    flow('EverythingPacked', 'WorkDone', { name: 'yes', isDefault: true }),
    flow('ReserveInventory', 'WorkDone'),
    flow('AddressKnown', 'RequestShipping'),
    flow('AddressNotServed', 'CorrectAddress'),
    flow('CorrectAddress', 'AddressKnown', { via: [[960, 780]] }),
    flow('RequestShipping', 'WorkDone', { via: [[1390, 640]] }),
    flow('SendStatusMail', 'WorkDone', { via: [[1390, 890]] }),
    flow('WorkDone', 'ReadyToShip'),

    flow('FulfilOrder', 'OrderFulfilled', { waypoints: [[1560, 500], [1642, 500]] }),
    flow('FulfilmentLate', 'AlertManagers', { via: [[1500, 1040]] }),
    flow('AlertManagers', 'ManagersAlerted'),
    flow('GoodsMissingCaught', 'SendDelayNotice'),

    flow('SubstituteInStock', 'OfferSubstitute', { name: 'yes', condition: '=substituteItem != null' }),
    flow('SubstituteInStock', 'NoSubstitute', {
      name: 'no', isDefault: true, via: [[660, 1270], [1110, 1270]],
    }),
    flow('OfferSubstitute', 'CustomerAnswer'),
    flow('CustomerAnswer', 'SubstituteAnswered', { name: 'answer' }),
    flow('CustomerAnswer', 'NoAnswer', { name: 'silence', via: [[920, 1200]] }),
    flow('SubstituteAnswered', 'SubstituteAccepted'),
    flow('SubstituteAccepted', 'ApplySubstitute', { name: 'yes', condition: '=substituteAccepted = true' }),
    flow('SubstituteAccepted', 'NoSubstitute', { name: 'no', isDefault: true }),
    flow('ApplySubstitute', 'FulfilOrder', { waypoints: [[1230, 1040], [1230, 950]] }),
    flow('NoAnswer', 'NoSubstitute'),
    flow('NoSubstitute', 'SendDelayNotice'),
    flow('SendDelayNotice', 'AwaitRestock'),
    flow('AwaitRestock', 'RestockOverdue', { name: 'late', label: [1487, 1183] }),
    flow('AwaitRestock', 'GoodsRestocked', { name: 'in stock', via: [[1460, 1320]], label: [1400, 1301] }),
    flow('RestockOverdue', 'SendCancellation'),
    flow('SendCancellation', 'OrderCancelled'),
    flow('GoodsRestocked', 'StockToCheck', { via: [[410, 1320]] }),
  ],
};
