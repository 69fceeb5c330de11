// Runs the script outside NetSuite, for a test that is the account: whatever the script asks of a
// module goes out as a line of JSON, and the answer comes back as one. A line that comes in while
// nothing was asked is a call of the script.

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const SCRIPT = path.join(__dirname, '../src/FileCabinet/SuiteScripts/orderbridge/ob_restlet.js');
const UNITS_OF_A_CALL = 10;

let units;
let script;

/** Reads one line, without a byte of the next one. */
function readLine() {
    const bytes = [];
    const byte = Buffer.alloc(1);
    while (fs.readSync(0, byte, 0, 1) === 1) {
        if (byte[0] === 10) {
            return Buffer.from(bytes).toString('utf8');
        }
        bytes.push(byte[0]);
    }
    return undefined;
}

function say(what) {
    fs.writeSync(1, `${JSON.stringify(what)}\n`);
}

function ask(what) {
    units -= UNITS_OF_A_CALL;
    say(what);
    const { error, answer } = JSON.parse(readLine());
    if (error) {
        throw Object.assign(new Error(error.message), { name: error.code });
    }
    return answer;
}

const modules = {
    'N/https': { requestSuiteTalkRest: (request) => ask({ request }) },
    'N/query': {
        runSuiteQL: (query) => {
            const rows = ask({ query });
            return { asMappedResults: () => rows };
        }
    },
    'N/runtime': { getCurrentScript: () => ({ getRemainingUsage: () => units }) }
};

const define = (names, factory) => {
    script = factory(...names.map((name) => modules[name]));
};
vm.runInNewContext(fs.readFileSync(SCRIPT, 'utf8'), { define });

for (let line = readLine(); line !== undefined; line = readLine()) {
    units = 5000;
    say({ said: script.post(JSON.parse(line)) });
}
