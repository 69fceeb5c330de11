/**
 * orderbridge's companion: many REST requests in one call, each order behind a guard.
 *
 * It knows no fields. A call brings queries, and for each order the REST requests that would have
 * been sent one by one, with what the queries are expected to answer for it. The queries run first.
 * An order whose expectation holds is written; the others are left alone, and the caller, who gets
 * the rows, decides anew. One order's failure never touches another one.
 *
 * The requests are sent with the rights of the caller's role: what the role may not do over REST, it
 * may not do here.
 *
 * @NApiVersion 2.1
 * @NScriptType Restlet
 * @NModuleScope SameAccount
 */
define(['N/https', 'N/query', 'N/runtime'], (https, query, runtime) => {
    /** The version of the protocol. It rises with every change that an older caller or script would get wrong. */
    const VERSION = 1;
    /** Units of one REST request or one query ("SuiteScript 2.x API Governance", NetSuite help). */
    const UNITS = 10;
    /** Units that are kept back, so that an answer can always be given. */
    const RESERVE = 50;
    /** REST knows PATCH, but https.requestSuiteTalkRest does not. */
    const METHODS = ['POST', 'PUT'];
    /** Only records are written. */
    const RECORDS = '/services/rest/record/v1/';

    /**
     * Tells that it is there, and which protocol it speaks.
     *
     * @returns {{v: number, name: string, units: number}}
     */
    const get = () => ({
        v: VERSION,
        name: 'orderbridge',
        units: runtime.getCurrentScript().getRemainingUsage()
    });

    /**
     * Runs the queries, writes the orders whose guards hold, and runs the queries again if asked to.
     *
     * @param {{v: number, seconds: number, headers: Object, queries: Object[], orders: Object[], after: boolean}} call
     * @returns {Object} One entry per order, in their order; the rows of each query, before and after.
     */
    const post = (call) => {
        if (!call || call.v !== VERSION) {
            return { v: VERSION, refused: `this script speaks version ${VERSION}` };
        }
        const begun = Date.now();
        const queries = call.queries || [];
        const before = ask(queries);
        const rows = before.rows || [];
        // What comes after the orders needs units too.
        const reserve = RESERVE + (call.after ? UNITS * queries.length : 0);
        const mayBegin = (order) =>
            Date.now() - begun < call.seconds * 1000 &&
            runtime.getCurrentScript().getRemainingUsage() >= reserve + UNITS * order.requests.length;
        const orders = call.orders.map((order) => {
            if (before.failure || !order.guard.every((guard) => holds(guard, rows))) {
                return { status: 'guard', answers: [] };
            }
            return mayBegin(order) ? write(order, call.headers) : { status: 'deferred', answers: [] };
        });
        const isWritten = orders.some((order) => order.answers.length > 0);
        return {
            v: VERSION,
            orders,
            rows,
            after: call.after && isWritten ? ask(queries).rows : undefined,
            failure: before.failure,
            ms: Date.now() - begun,
            units: runtime.getCurrentScript().getRemainingUsage()
        };
    };

    /**
     * Runs queries.
     *
     * @param {{q: string, params: string[]}[]} queries
     * @returns {{rows: Object[][]}|{failure: Object}} The rows of each, or the first failure.
     */
    const ask = (queries) => {
        try {
            return {
                rows: queries.map(({ q, params }) =>
                    query.runSuiteQL({ query: q, params }).asMappedResults().map(withoutEmpty)
                )
            };
        } catch (error) {
            return { failure: described(error) };
        }
    };

    /**
     * Returns whether a query answered what was expected: of its rows, those that hold one of these
     * texts in one of these columns, in any case, are exactly the expected ones.
     *
     * @param {{query: number, where: Object.<string, string[]>, rows: Object[]}} guard
     * @param {Object[][]} rows
     */
    const holds = (guard, rows) => {
        const wanted = Object.entries(guard.where).map(([column, texts]) => [
            column,
            texts.map((text) => text.toLowerCase())
        ]);
        const isMeant = (row) =>
            wanted.some(([column, texts]) => column in row && texts.includes(String(row[column]).toLowerCase()));
        const sorted = (list) => list.map(canonical).sort();
        const found = sorted((rows[guard.query] || []).filter(isMeant));
        return JSON.stringify(found) === JSON.stringify(sorted(guard.rows));
    };

    /**
     * Sends an order's requests one after the other, until one is refused.
     *
     * @param {{requests: {method: string, path: string, body: string}[]}} order
     * @param {Object.<string, string>} headers
     */
    const write = (order, headers) => {
        const answers = [];
        try {
            for (const { method, path, body } of order.requests) {
                if (!METHODS.includes(method) || !path.startsWith(RECORDS) || path.includes('..')) {
                    throw Object.assign(new Error(`${method} ${path} is not sent by this script`), { name: 'INVALID_REQUEST' });
                }
                const answer = https.requestSuiteTalkRest({ method, url: path, headers, body });
                answers.push({ code: answer.code, location: header(answer.headers, 'location'), body: answer.body || '' });
                if (answer.code >= 300) {
                    return { status: 'refused', answers };
                }
            }
            return { status: 'done', answers };
        } catch (error) {
            // The request may have been carried out: the caller looks.
            return { status: 'error', answers, failure: described(error) };
        }
    };

    const described = (error) => ({ code: error.name, message: error.message });

    const header = (headers, wanted) => {
        const name = Object.keys(headers || {}).find((given) => given.toLowerCase() === wanted);
        return name && String(headers[name]);
    };

    const withoutEmpty = (row) =>
        Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== ''));

    /** The same text for the same row, whatever the order of its columns, and for 7 and "7". */
    const canonical = (row) =>
        JSON.stringify(Object.entries(row).map(([column, value]) => [column, String(value)]).sort());

    return { get, post };
});
