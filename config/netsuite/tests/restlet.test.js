// The script over Oracle's stubs of its modules: what it sends, when it does not, and what it answers.

const https = require('N/https');
const query = require('N/query');
const runtime = require('N/runtime');
const restlet = require('SuiteScripts/orderbridge/ob_restlet');

jest.mock('N/https');
jest.mock('N/query');
jest.mock('N/runtime');

const CUSTOMERS = { q: 'SELECT id, externalid, email FROM customer WHERE externalid IN (?)', params: ['WOO_CUST_1'] };
const CREATED = (id) => ({ code: 204, headers: { Location: `https://x.example/services/rest/record/v1/salesOrder/${id}` }, body: '' });

let units;

beforeEach(() => {
    units = 5000;
    // The stubs of Oracle do not have this function yet.
    https.requestSuiteTalkRest = jest.fn(() => {
        units -= 10;
        return CREATED(7);
    });
    answers([]);
    runtime.getCurrentScript = jest.fn(() => ({ getRemainingUsage: () => units }));
});

afterEach(() => jest.useRealTimers());

/** Each query answers the next of these lists of rows; the last one again and again. */
function answers(...lists) {
    query.runSuiteQL = jest.fn(() => {
        units -= 10;
        const rows = lists.length > 1 ? lists.shift() : lists[0];
        return { asMappedResults: () => rows };
    });
}

const request = (record) => ({ method: 'POST', path: `/services/rest/record/v1/${record}`, body: `{"externalId":"${record}"}` });
const stranger = (key) => ({ query: 0, where: { externalid: [key], email: [`${key}@example.com`] }, rows: [] });
const order = (key, ...records) => ({ guard: [stranger(key)], requests: records.map(request) });
const call = (orders, more) => ({ v: 1, seconds: 60, headers: { 'Content-Type': 'application/json' }, queries: [CUSTOMERS], orders, ...more });
const statuses = (answer) => answer.orders.map(({ status }) => status);

test('it tells the protocol that it speaks', () => {
    expect(restlet.get()).toEqual({ v: 1, name: 'orderbridge', units: 5000 });
});

test('a call of another version writes nothing', () => {
    expect(restlet.post({ ...call([order('a', 'salesOrder')]), v: 2 })).toEqual({ v: 1, refused: 'this script speaks version 1' });
    expect(query.runSuiteQL).not.toHaveBeenCalled();
    expect(https.requestSuiteTalkRest).not.toHaveBeenCalled();
});

test('the requests of an order go one after the other, as they came', () => {
    const answer = restlet.post(call([order('a', 'customer', 'salesOrder')]));
    expect(query.runSuiteQL).toHaveBeenCalledWith({ query: CUSTOMERS.q, params: ['WOO_CUST_1'] });
    expect(https.requestSuiteTalkRest.mock.calls).toEqual([
        [{ method: 'POST', url: '/services/rest/record/v1/customer', headers: { 'Content-Type': 'application/json' }, body: '{"externalId":"customer"}' }],
        [{ method: 'POST', url: '/services/rest/record/v1/salesOrder', headers: { 'Content-Type': 'application/json' }, body: '{"externalId":"salesOrder"}' }]
    ]);
    const location = CREATED(7).headers.Location;
    expect(answer.orders).toEqual([
        { status: 'done', answers: [{ code: 204, location, body: '' }, { code: 204, location, body: '' }] }
    ]);
    expect(answer.rows).toEqual([[]]);
    expect(answer.units).toBe(4970);
});

test('an order whose customer is not as expected is left alone, and its neighbours are written', () => {
    answers([{ id: 5, externalid: null, email: 'B@example.com' }]);
    const answer = restlet.post(call([order('a', 'salesOrder'), order('b', 'salesOrder'), order('c', 'salesOrder')]));
    expect(statuses(answer)).toEqual(['done', 'guard', 'done']);
    expect(https.requestSuiteTalkRest).toHaveBeenCalledTimes(2);
    expect(answer.rows).toEqual([[{ id: 5, email: 'B@example.com' }]]);
});

test('a customer who was seen before is recognised, whatever the order of columns and the kind of a number', () => {
    answers([{ email: 'a@example.com', id: 5, externalid: 'a', phone: null }, { id: 6, externalid: 'other', email: 'x@example.com' }]);
    const seen = (rows) => restlet.post(call([{ ...order('a', 'salesOrder'), guard: [{ ...stranger('a'), rows }] }]));
    expect(statuses(seen([{ id: '5', externalid: 'a', email: 'a@example.com' }]))).toEqual(['done']);
    expect(statuses(seen([{ id: '5', externalid: 'a', email: 'a@example.com', phone: '1' }]))).toEqual(['guard']);
    expect(statuses(seen([{ id: '5', externalid: 'a', email: 'A@example.com' }]))).toEqual(['guard']);
    expect(statuses(seen([]))).toEqual(['guard']);
});

test('a refused request ends its order and no other', () => {
    https.requestSuiteTalkRest.mockReturnValueOnce(CREATED(1)).mockReturnValueOnce({ code: 400, headers: {}, body: '{"status":400}' });
    const answer = restlet.post(call([order('a', 'customer', 'salesOrder', 'note'), order('b', 'salesOrder')]));
    expect(statuses(answer)).toEqual(['refused', 'done']);
    expect(answer.orders[0].answers.map(({ code, body }) => [code, body])).toEqual([[204, ''], [400, '{"status":400}']]);
    expect(https.requestSuiteTalkRest).toHaveBeenCalledTimes(3);
});

test('a request that throws ends its order and no other', () => {
    https.requestSuiteTalkRest.mockImplementationOnce(() => {
        throw Object.assign(new Error('no answer'), { name: 'SSS_CONNECTION_TIME_OUT' });
    });
    const answer = restlet.post(call([order('a', 'salesOrder'), order('b', 'salesOrder')]));
    expect(statuses(answer)).toEqual(['error', 'done']);
    expect(answer.orders[0].failure).toEqual({ code: 'SSS_CONNECTION_TIME_OUT', message: 'no answer' });
});

test('only records are written, and only in ways that the module has', () => {
    const sent = (method, path) => restlet.post(call([{ guard: [], requests: [{ method, path, body: '{}' }] }])).orders[0];
    expect(sent('PATCH', '/services/rest/record/v1/customer/5').failure.code).toBe('INVALID_REQUEST');
    expect(sent('DELETE', '/services/rest/record/v1/customer/5').status).toBe('error');
    expect(sent('POST', '/services/rest/query/v1/suiteql').status).toBe('error');
    expect(sent('POST', '/services/rest/record/v1/../../auth').status).toBe('error');
    expect(sent('PUT', '/services/rest/record/v1/customer/eid:a').status).toBe('done');
    expect(https.requestSuiteTalkRest).toHaveBeenCalledTimes(1);
});

test('what the units do not suffice for is deferred', () => {
    units = 119;
    const answer = restlet.post(call([order('a', 'customer', 'salesOrder'), order('b', 'customer', 'salesOrder'), order('c', 'customer', 'salesOrder'), order('d', 'salesOrder')]));
    expect(statuses(answer)).toEqual(['done', 'done', 'deferred', 'done']);
    expect(answer.units).toBe(59);
});

test('what the time does not suffice for is deferred', () => {
    jest.useFakeTimers();
    https.requestSuiteTalkRest.mockImplementation(() => {
        jest.advanceTimersByTime(25_000);
        return CREATED(7);
    });
    const answer = restlet.post(call(['a', 'b', 'c', 'd'].map((key) => order(key, 'salesOrder'))));
    expect(statuses(answer)).toEqual(['done', 'done', 'done', 'deferred']);
    expect(answer.ms).toBe(75_000);
});

test('a query that fails writes nothing and says why', () => {
    query.runSuiteQL.mockImplementation(() => {
        throw Object.assign(new Error('Unknown identifier custentity_x'), { name: 'SSS_SEARCH_ERROR_OCCURRED' });
    });
    const answer = restlet.post(call([order('a', 'salesOrder'), { guard: [], requests: [request('salesOrder')] }]));
    expect(statuses(answer)).toEqual(['guard', 'guard']);
    expect(answer.failure.code).toBe('SSS_SEARCH_ERROR_OCCURRED');
    expect(https.requestSuiteTalkRest).not.toHaveBeenCalled();
});

test('the rows after the writes are told where they are wanted and something was written', () => {
    const customer = { id: 5, externalid: 'a', email: 'a@example.com' };
    answers([], [customer]);
    expect(restlet.post(call([order('a', 'customer')], { after: true })).after).toEqual([[customer]]);
    answers([customer]);
    expect(restlet.post(call([order('a', 'customer')], { after: true })).after).toBeUndefined();
    expect(query.runSuiteQL).toHaveBeenCalledTimes(1);
});
