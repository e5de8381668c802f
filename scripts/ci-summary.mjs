// Adds up what the test runners themselves reported (vitest's JSON, JUnit's XML), prints a line for
// each suite and, last of all, `N passed, N failed`. Exits 1 when anything failed or nothing ran.
//
//     node scripts/ci-summary.mjs <folder with *.json and *.xml> [name=exitCode …]
//
// A step given as name=exitCode that failed without a failing test in its report counts as one.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const [folder, ...steps] = process.argv.slice(2);

/** @returns {{passed: number, failed: number, notRun: number}} */
function readReport(file) {
	const text = readFileSync(file, 'utf8');
	if (extname(file) === '.json') {
		const report = JSON.parse(text);
		return {
			passed: report.numPassedTests ?? 0,
			failed: (report.numFailedTests ?? 0) + brokenFiles(report),
			notRun: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
		};
	}
	const sum = (name) =>
		[...text.matchAll(/<testsuite\s[^>]*>/g)]
			.map(([tag]) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(tag)?.[1] ?? 0))
			.reduce((total, count) => total + count, 0);
	const failed = sum('failures') + sum('errors');
	return { passed: sum('tests') - failed - sum('skipped'), failed, notRun: sum('skipped') };
}

/** Test files that did not even load: vitest counts no test for them. */
function brokenFiles(report) {
	return (report.testResults ?? []).filter(
		(result) =>
			result.status === 'failed' &&
			!result.assertionResults.some((test) => test.status === 'failed'),
	).length;
}

const reports = new Map(
	readdirSync(folder)
		.filter((name) => ['.json', '.xml'].includes(extname(name)))
		.map((name) => [basename(name, extname(name)), join(folder, name)]),
);

const total = { passed: 0, failed: 0 };
for (const step of steps) {
	const [name, code] = step.split('=');
	const file = reports.get(name);
	let counts = { passed: 0, failed: 0, notRun: 0 };
	let note = '';
	try {
		if (file) counts = readReport(file);
	} catch (error) {
		note = `, report unreadable (${error.message})`;
	}
	if (code !== '0' && counts.failed === 0) {
		counts.failed = 1;
		note += `, exit code ${code}`;
	}
	if (counts.notRun > 0) note += `, ${counts.notRun} not run`;
	total.passed += counts.passed;
	total.failed += counts.failed;
	const outcome =
		!file && code === '0' ? 'done' : `${counts.passed} passed, ${counts.failed} failed`;
	console.log(`${name.padEnd(16)} ${outcome}${note}`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
