/** One requirement of a label selector. `in` without values is `exists`; negated it is `!key`, `!=` or `notin`. */
interface Requirement {
  key: string;
  /** Null: any value. */
  values: readonly string[] | null;
  negated: boolean;
}

const KEY = "[A-Za-z0-9./_-]+";
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

/**
 * Whether labels satisfy a selector as the API server writes it: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`,
 * joined by commas. Null when the text is no selector.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function selects(selector: string, labels: Readonly<Record<string, string>>): boolean | null {
  const requirements = parse(selector);
  if (requirements === null) return null;
  return requirements.every(({ key, values, negated }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const holds = value !== undefined && (values === null || values.includes(value));
    return holds !== negated;
  });
}

/** The label keys a selector speaks of; none for a text that is no selector. */
export const keysOfSelector = (selector: string): string[] => (parse(selector) ?? []).map(({ key }) => key);

function parse(selector: string): Requirement[] | null {
  const requirements: Requirement[] = [];
  // Commas between parentheses separate values, not requirements.
  for (const part of selector.split(/,(?![^(]*\))/)) {
    const text = part.trim();
    if (text === "" && selector.trim() === "") return [];
    const requirement = parseOne(text);
    if (requirement === null) return null;
    requirements.push(requirement);
  }
  return requirements;
}

function parseOne(text: string): Requirement | null {
  const [, inKey, operator, list] = SET.exec(text) ?? [];
  if (inKey !== undefined && list !== undefined)
    return { key: inKey, values: list.split(",").map((value) => value.trim()), negated: operator === "notin" };
  const [, key, sign, value] = EQUALITY.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { key, values: [value], negated: sign === "!=" };
  const [, not, bare] = EXISTS.exec(text) ?? [];
  return bare === undefined ? null : { key: bare, values: null, negated: not === "!" };
}
