// When a question is asked: the rules of forms/conditions.py, with the same three values
// (true, false, and null for what is not yet known).

const codes = (answer) => (typeof answer === "boolean" ? [answer ? "oui" : "non"] : Array.isArray(answer) ? answer : [answer]);

function answered({ answered: question, values }, answers, seen) {
  const state = question in seen ? seen[question] : true;
  if (state === false) return false;
  if (state === null || answers[question] === undefined) return null;
  return !values.length || values.some((value) => codes(answers[question]).includes(value));
}

export function holds(condition, answers, seen) {
  if (!condition) return true;
  if ("answered" in condition) return answered(condition, answers, seen);
  if ("not" in condition) {
    const inner = holds(condition.not, answers, seen);
    return inner === null ? null : !inner;
  }
  const all = "all" in condition;
  const results = (all ? condition.all : condition.any).map((part) => holds(part, answers, seen));
  if (results.includes(!all)) return !all;
  return results.includes(null) ? null : all;
}

// questions: [id, condition or null] in the order of the form. Out: id → true, false or null.
export function visibility(questions, answers) {
  const seen = {};
  for (const [id, condition] of questions) seen[id] = holds(condition, answers, seen);
  return seen;
}
