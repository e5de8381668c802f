/** Whether a file with a fault in it is still a program: what the compiler refuses, nobody commits. */
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** "if (…) ;": a call was taken out. */
const EMPTY_IF = 1313;
/** A fault may leave a value unused: that alone is no error of types. */
const OPTIONS: ts.CompilerOptions = { noUnusedLocals: false, noUnusedParameters: false };

export class TypeCheck {
	private readonly programs: ReadonlyArray<Program>;

	/** @param configs paths of tsconfig.json, which together hold all files that are asked about */
	constructor(configs: string[]) {
		this.programs = configs.map((path) => new Program(path));
	}

	/** The first error in this file, were it this text; undefined where there is none. By its path. */
	errorIn(path: string, text: string): string | undefined {
		const program = this.programs.find((each) => each.has(path));
		if (!program) throw new Error(`${path} belongs to no tsconfig.json`);
		return program.errorIn(path, text);
	}
}

class Program {
	private readonly names: Set<string>;
	private readonly service: ts.LanguageService;
	private changed?: { path: string; text: string };
	private version = 0;

	constructor(config: string) {
		const { config: json } = ts.readConfigFile(config, (name) => ts.sys.readFile(name));
		const { fileNames, options } = ts.parseJsonConfigFileContent(json, ts.sys, dirname(config));
		this.names = new Set(fileNames);
		const snapshot = (path: string) => {
			const text = this.changed?.path === path ? this.changed.text : ts.sys.readFile(path);
			return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
		};
		this.service = ts.createLanguageService({
			getCompilationSettings: () => ({ ...options, ...OPTIONS }),
			getScriptFileNames: () => fileNames,
			getScriptVersion: (path) => (this.changed?.path === path ? String(this.version) : '0'),
			getScriptSnapshot: snapshot,
			getCurrentDirectory: () => dirname(config),
			getDefaultLibFileName: (wanted) => ts.getDefaultLibFilePath(wanted),
			fileExists: (path) => ts.sys.fileExists(path),
			readFile: (path) => ts.sys.readFile(path),
			readDirectory: (...args) => ts.sys.readDirectory(...args),
			directoryExists: (path) => ts.sys.directoryExists(path),
			getDirectories: (path) => ts.sys.getDirectories(path),
		});
	}

	has(path: string): boolean {
		return this.names.has(path);
	}

	errorIn(path: string, text: string): string | undefined {
		this.changed = { path, text };
		this.version += 1;
		const first = [
			...this.service.getSyntacticDiagnostics(path),
			...this.service.getSemanticDiagnostics(path),
		].find(({ code }) => code !== EMPTY_IF);
		this.changed = undefined;
		return first && ts.flattenDiagnosticMessageText(first.messageText, ' ');
	}
}

/** Those that hold the core. */
export const configsOf = (repository: string): string[] =>
	['tsconfig.json', join('node-red', 'tsconfig.json')].map((path) => join(repository, path));
