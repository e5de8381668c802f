// Adds up what the test runners themselves reported (vitest's JSON, JUnit's XML): says once more what
// failed and why, prints a line for each suite and, last of all, `N passed, N failed`. Exits 1 when
// anything failed or nothing ran.
//
//     node scripts/ci-summary.mjs <folder with *.json and *.xml> [name=exitCode …]
//
// A step given as name=exitCode that failed without a failing test in its report counts as one.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** As much of a failure's text as tells what happened: the runner's own output has the rest. */
const LINES_OF_A_FAILURE = 12;
const LONGEST_LINE = 300;

const [folder, ...steps] = process.argv.slice(2);

/** @typedef {{what: string, why: string}} Failure */
/** @typedef {{passed: number, failed: number, notRun: number, failures: Failure[]}} Report */

/** @returns {Report} */
function readReport(file) {
	const text = readFileSync(file, 'utf8');
	return extname(file) === '.json' ? readVitest(JSON.parse(text)) : readJUnit(text);
}

/** @returns {Report} */
function readVitest(report) {
	const failures = (report.testResults ?? []).flatMap((file) => {
		const name = relative(process.cwd(), file.name ?? '');
		const failed = file.assertionResults.filter((test) => test.status === 'failed');
		// A file that did not even load: vitest counts no test for it.
		if (failed.length === 0 && file.status === 'failed')
			return [{ what: name, why: file.message ?? '', uncounted: true }];
		return failed.map((test) => ({
			what: `${name} > ${test.fullName}`,
			why: (test.failureMessages ?? []).join('\n'),
		}));
	});
	return {
		passed: report.numPassedTests ?? 0,
		failed: (report.numFailedTests ?? 0) + failures.filter(({ uncounted }) => uncounted).length,
		notRun: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
		failures,
	};
}

/** @returns {Report} */
function readJUnit(text) {
	const attribute = (tag, name) => unescaped(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]);
	const sum = (name) =>
		[...text.matchAll(/<testsuite\s[^>]*>/g)]
			.map(([tag]) => Number(attribute(tag, name) || 0))
			.reduce((total, count) => total + count, 0);
	const failed = sum('failures') + sum('errors');
	const failures = [
		...text.matchAll(/(<testcase\s[^>]*[^/]>)\s*<(?:failure|error)\b[^>]*>([^<]*)/g),
	].map(([, tag, why]) => ({
		what: `${attribute(tag, 'classname')} > ${attribute(tag, 'name')}`,
		// pytest says what went wrong at the end, after the source of the test.
		why: unescaped(why).trim().split('\n').slice(-LINES_OF_A_FAILURE).join('\n'),
	}));
	return {
		passed: sum('tests') - failed - sum('skipped'),
		failed,
		notRun: sum('skipped'),
		failures,
	};
}

function unescaped(text = '') {
	const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
	return text
		.replace(/&#(x?)([0-9a-f]+);/gi, (_all, hex, code) =>
			String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)),
		)
		.replace(/&(lt|gt|quot|apos|amp);/g, (_all, name) => entities[name]);
}

/** A failure's name and the first lines of its text, indented. */
function described(step, { what, why }) {
	const lines = stripVTControlCharacters(why)
		.trim()
		.split('\n')
		.slice(0, LINES_OF_A_FAILURE)
		.map((line) => `    ${line.slice(0, LONGEST_LINE)}`);
	return [`FAILED ${step}: ${what}`, ...lines].join('\n');
}

const reports = new Map(
	readdirSync(folder)
		.filter((name) => ['.json', '.xml'].includes(extname(name)))
		.map((name) => [basename(name, extname(name)), join(folder, name)]),
);

const total = { passed: 0, failed: 0 };
const table = [];
for (const step of steps) {
	const [name, code] = step.split('=');
	const file = reports.get(name);
	/** @type {Report} */
	let report = { passed: 0, failed: 0, notRun: 0, failures: [] };
	let note = '';
	try {
		if (file) report = readReport(file);
	} catch (error) {
		note = `, report unreadable (${error.message})`;
	}
	for (const failure of report.failures) console.log(`${described(name, failure)}\n`);
	if (code !== '0' && report.failed === 0) {
		report.failed = 1;
		note += `, exit code ${code}`;
	}
	if (report.notRun > 0) note += `, ${report.notRun} not run`;
	total.passed += report.passed;
	total.failed += report.failed;
	const outcome =
		!file && code === '0' ? 'done' : `${report.passed} passed, ${report.failed} failed`;
	table.push(`${name.padEnd(16)} ${outcome}${note}`);
}
console.log(table.join('\n'));
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
