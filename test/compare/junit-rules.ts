/**
 * What is wrong with a JUnit file by the rules of the published schemas.
 *
 * Those of Ant's reports (JUnit.xsd of windyroad/JUnit-Schema), which want more than others, and the names that Jenkins
 * knows (junit-10.xsd of jenkinsci/xunit-plugin).
 */
export function junitFaults(text: string): string[] {
  const { root, faults } = parse(text);
  if (root?.name !== 'testsuites') return [...faults, 'the root is not "testsuites"'];
  const suites = root.children;
  return [
    ...faults,
    ...only(root, ['testsuite'], []),
    ...suites.flatMap((suite, at) => [
      ...sequence(suite, /^properties (testcase )*system-out system-err $/),
      ...attributes(suite, {
        package: TOKEN,
        id: new RegExp(`^${at}$`),
        name: NAME,
        timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
        hostname: NAME,
        tests: INT,
        failures: INT,
        errors: INT,
        skipped: INT,
        time: DECIMAL,
      }),
      ...suite.children.flatMap((child) => (child.name === 'testcase' ? caseFaults(child) : [])),
      ...suite.children
        .filter(({ name }) => name === 'properties')
        .flatMap(({ children }) => children.flatMap((entry) => attributes(entry, { name: NAME, value: /^/ }))),
      ...counts(suite),
    ]),
  ];
}

interface Element {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: Element[];
}

/** xs:token: white space is collapsed before it is looked at, so any text is one. */
const TOKEN = /^/;
const NAME = /\S/;
const INT = /^\d+$/;
const DECIMAL = /^\d+(\.\d+)?$/;

function caseFaults(element: Element): string[] {
  return [
    ...sequence(element, /^((skipped|error|failure) )?$/),
    ...attributes(element, { name: TOKEN, classname: TOKEN, time: DECIMAL }),
    ...element.children.flatMap((child) => attributes(child, { message: /^/, type: /^/ })),
  ];
}

function counts(suite: Element): string[] {
  const cases = suite.children.filter(({ name }) => name === 'testcase');
  const holding = (name: string) => cases.filter(({ children }) => children[0]?.name === name).length;
  const expected = {
    tests: cases.length,
    failures: holding('failure'),
    errors: holding('error'),
    skipped: holding('skipped'),
  };
  return Object.entries(expected).flatMap(([name, count]) =>
    suite.attributes.get(name) === String(count) ? [] : [`"${name}" is not ${count}`],
  );
}

function sequence(element: Element, allowed: RegExp): string[] {
  const names = element.children.map(({ name }) => `${name} `).join('');
  return allowed.test(names) ? [] : [`"${element.name}" holds ${names}`];
}

function only(element: Element, children: readonly string[], names: readonly string[]): string[] {
  return [
    ...element.children.filter(({ name }) => !children.includes(name)).map(({ name }) => `"${name}" has no place`),
    ...[...element.attributes.keys()].filter((name) => !names.includes(name)).map((name) => `"${name}" has no place`),
  ];
}

/** All of them are asked for, and no others. */
function attributes(element: Element, rules: Readonly<Record<string, RegExp>>): string[] {
  const unknown = [...element.attributes.keys()].filter((name) => !Object.hasOwn(rules, name));
  return [
    ...unknown.map((name) => `"${element.name}" has "${name}"`),
    ...Object.entries(rules).flatMap(([name, rule]) => {
      const value = element.attributes.get(name);
      return value !== undefined && rule.test(value) ? [] : [`"${name}" of "${element.name}" is ${String(value)}`];
    }),
  ];
}

/** Elements and attributes of an XML text that is well-formed and holds no text of its own. */
function parse(text: string): { root: Element | undefined; faults: string[] } {
  const faults: string[] = [];
  // Char of XML 1.0.
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    faults.push('a character has no place in XML');
  const top: Element = { name: '', attributes: new Map(), children: [] };
  const open = [top];
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const tag = /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|(\s+)|([^])/gy;
  for (const [, closing, name, listed, empty, , other] of body.matchAll(tag)) {
    if (other !== undefined) faults.push(`unexpected ${other}`);
    if (name === undefined) continue;
    if (closing === '/') {
      if (open.pop()?.name !== name) faults.push(`"${name}" is closed and not open`);
      continue;
    }
    const element: Element = { name, attributes: new Map(), children: [] };
    for (const [, key, value] of listed.matchAll(/ ([\w-]+)="([^"<]*)"/g)) {
      if (/&(?!(amp|lt|gt|quot|apos);)/.test(value)) faults.push(`"${value}" has a bare &`);
      if (element.attributes.has(key)) faults.push(`"${key}" stands twice`);
      element.attributes.set(key, value);
    }
    open.at(-1)?.children.push(element);
    if (empty !== '/') open.push(element);
  }
  if (open.length !== 1 || top.children.length !== 1) faults.push('the elements do not close');
  return { root: top.children[0], faults };
}
