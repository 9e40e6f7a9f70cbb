// Checks a value against a JSON schema, as far as protocol.schema.json goes: $ref within the file, oneOf, anyOf, type, const, enum, required,
// properties, minimum, pattern. A keyword that it does not know is a mistake of the schema, not something to pass over.

const SAID_ONLY = ['$schema', '$id', '$defs', 'title', 'description'];

const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const KEYWORDS = {
  $ref: (value, wanted, root) => check(value, wanted.slice(2).split('/').reduce((at, name) => at[name], root), root),
  oneOf: (value, wanted, root) => {
    const fits = wanted.filter((one) => check(value, one, root) === null).length;
    return fits === 1 ? null : `fits ${fits} of ${wanted.length} forms`;
  },
  anyOf: (value, wanted, root) => (wanted.some((one) => check(value, one, root) === null) ? null : 'fits none of its forms'),
  type: (value, wanted) => ([wanted].flat().includes(typeOf(value)) ? null : `is a ${typeOf(value)}, not a ${wanted}`),
  const: (value, wanted) => (value === wanted ? null : `is not ${JSON.stringify(wanted)}`),
  enum: (value, wanted) => (wanted.includes(value) ? null : `is none of ${wanted}`),
  minimum: (value, wanted) => (value >= wanted ? null : `is below ${wanted}`),
  pattern: (value, wanted) => (new RegExp(wanted).test(value) ? null : `is not of the form ${wanted}`),
  required: (value, wanted) => {
    const missing = wanted.find((name) => value?.[name] === undefined);
    return missing === undefined ? null : `has no ${missing}`;
  },
  properties: (value, wanted, root) => {
    for (const [name, schema] of Object.entries(wanted)) {
      const wrong = value?.[name] === undefined ? null : check(value[name], schema, root);
      if (wrong) return `${name} ${wrong}`;
    }
    return null;
  },
};

// What is wrong with a value; null if nothing is.
export function check(value, schema, root = schema) {
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (SAID_ONLY.includes(keyword)) continue;
    if (!KEYWORDS[keyword]) throw new Error(`the schema has the keyword ${keyword}, which is not known here`);
    const wrong = KEYWORDS[keyword](value, wanted, root);
    if (wrong) return wrong;
  }
  return null;
}
