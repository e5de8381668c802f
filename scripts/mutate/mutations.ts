/** Small faults of the kind that people make, found with TypeScript's own parser. Pure. */
import ts from 'typescript';

export interface Mutation {
	/** What was done, in a word. */
	kind: string;
	/** Offsets of what is replaced. */
	start: number;
	end: number;
	replacement: string;
	/** Counted from 1. */
	line: number;
}

const SWAPPED: ReadonlyMap<ts.SyntaxKind, readonly [kind: string, replacement: string]> = new Map([
	[ts.SyntaxKind.EqualsEqualsEqualsToken, ['comparison', '!==']],
	[ts.SyntaxKind.ExclamationEqualsEqualsToken, ['comparison', '===']],
	[ts.SyntaxKind.LessThanToken, ['comparison', '<=']],
	[ts.SyntaxKind.LessThanEqualsToken, ['comparison', '<']],
	[ts.SyntaxKind.GreaterThanToken, ['comparison', '>=']],
	[ts.SyntaxKind.GreaterThanEqualsToken, ['comparison', '>']],
	[ts.SyntaxKind.AmpersandAmpersandToken, ['logic', '||']],
	[ts.SyntaxKind.BarBarToken, ['logic', '&&']],
	[ts.SyntaxKind.PlusToken, ['arithmetic', '-']],
	[ts.SyntaxKind.MinusToken, ['arithmetic', '+']],
	[ts.SyntaxKind.AsteriskToken, ['arithmetic', '/']],
	[ts.SyntaxKind.SlashToken, ['arithmetic', '*']],
]);

/** Calls that only tell somebody something, or let go of something: dropping one is a fault of its own. */
const isStatementCall = (node: ts.Node): boolean =>
	ts.isExpressionStatement(node) &&
	(ts.isCallExpression(node.expression) || ts.isAwaitExpression(node.expression));

/** All faults that can be put into this text, in the order of their place. */
export function mutationsOf(text: string, fileName = 'file.ts'): Mutation[] {
	const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
	const found: Mutation[] = [];
	const add = (kind: string, node: ts.Node, replacement: string) => {
		const start = node.getStart(source);
		const line = source.getLineAndCharacterOfPosition(start).line + 1;
		found.push({ kind, start, end: node.end, replacement, line });
	};
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
		mutate(node, add);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found.sort((a, b) => a.start - b.start);
}

type Add = (kind: string, node: ts.Node, replacement: string) => void;

function mutate(node: ts.Node, add: Add): void {
	if (ts.isBinaryExpression(node)) mutateBinary(node, add);
	if (ts.isIfStatement(node)) mutateCondition(node.expression, add);
	if (ts.isConditionalExpression(node)) mutateCondition(node.condition, add);
	if (node.kind === ts.SyntaxKind.TrueKeyword) add('boolean', node, 'false');
	if (node.kind === ts.SyntaxKind.FalseKeyword) add('boolean', node, 'true');
	if (ts.isNumericLiteral(node)) add('number', node, `(${node.text} + 1)`);
	if (ts.isStringLiteral(node) && isValue(node))
		add('string', node, JSON.stringify(`${node.text}_X`));
	if (ts.isRegularExpressionLiteral(node)) mutateRegex(node, add);
	if (ts.isSpreadAssignment(node)) add('drop spread', node, '...{}');
	if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
		add('negation', node, node.operand.getText());
	if (isFilter(node)) add('drop filter', node, node.expression.expression.getText());
	if (isStatementCall(node)) add('drop call', node, ';');
	if (ts.isThrowStatement(node)) add('drop throw', node, ';');
	if (ts.isContinueStatement(node)) add('drop continue', node, ';');
	if (ts.isExpressionStatement(node)) {
		const { expression } = node;
		if (ts.isDeleteExpression(expression)) add('drop delete', node, ';');
		if (ts.isBinaryExpression(expression) && isAssignment(expression))
			add('drop assignment', node, ';');
	}
}

function mutateBinary(node: ts.BinaryExpression, add: Add): void {
	const { left, operatorToken } = node;
	if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
		add('drop fallback', node, left.getText());
	const swapped = SWAPPED.get(operatorToken.kind);
	// Text is put together with + too, and taken apart with nothing.
	const joins =
		operatorToken.kind === ts.SyntaxKind.PlusToken &&
		[left, node.right].some(
			(side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side),
		);
	if (swapped && !joins) add(swapped[0], operatorToken, swapped[1]);
}

function mutateCondition(condition: ts.Expression, add: Add): void {
	add('always', condition, `true || (${condition.getText()})`);
	add('never', condition, `false && (${condition.getText()})`);
}

function mutateRegex(node: ts.RegularExpressionLiteral, add: Add): void {
	const { text } = node;
	if (/\/[a-z]*i[a-z]*$/.test(text)) add('regex', node, text.replace(/i([a-z]*)$/, '$1'));
	if (text.startsWith('/^')) add('regex', node, `/${text.slice(2)}`);
	if (/\$\/[a-z]*$/.test(text) && !/^\/\$\//.test(text))
		add('regex', node, text.replace(/\$(\/[a-z]*)$/, '$1'));
}

const isAssignment = ({ operatorToken }: ts.BinaryExpression): boolean =>
	operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
	operatorToken.kind <= ts.SyntaxKind.LastAssignment;

type MethodCall = ts.CallExpression & { expression: ts.PropertyAccessExpression };

const isFilter = (node: ts.Node): node is MethodCall =>
	ts.isCallExpression(node) &&
	ts.isPropertyAccessExpression(node.expression) &&
	node.expression.name.text === 'filter';

/** Properties whose text is for people. */
const WORDS = new Set(['title', 'help', 'displayName', 'description', 'placeholder', 'hint']);

/** Texts that a program goes by: not what people read, which no rule depends on. */
function isValue(node: ts.StringLiteral): boolean {
	const { parent, text } = node;
	if (/\s/.test(text) || text === '') return false;
	if (ts.isPropertyAssignment(parent)) {
		if (parent.name === node || WORDS.has(parent.name.getText())) return false;
	}
	return !ts.isExportDeclaration(parent) && !ts.isLiteralTypeNode(parent);
}

export const applied = (text: string, { start, end, replacement }: Mutation): string =>
	text.slice(0, start) + replacement + text.slice(end);
