/** The choices the server declares once, handed over in the shell: kinds of findings, promises, changes. */

const given = document.getElementById("words");
const words = given ? JSON.parse(given.textContent) : {};

/** [[code, title, [detail, …]], …] */
export const KNOWS = words.knows || [];
/** Words of 弱势群体 that propose a category, and whether only of somebody who is named. */
export const PROPOSES = new Map(words.proposes || []);
/** [[code, word], …] */
export const URGENCIES = words.urgencies || [];
export const PROMISES = words.promises || [];
export const KEPT = words.kept || [];

/** The word of a code, or the code's absence. */
export function word(choices, code) {
  const found = choices.find(([known]) => known === code);
  return found ? found[1] : "";
}

/** Changes of the register that the phone offers: [[code, word, of whom, [fact, …]], …] */
export const CHANGES = words.changes || [];
export const RELATIONS = words.relations || [];
export const SEXES = words.sexes || [];
/** Steps of a matter: code → {button, fields, ask, need}; `need`: what is said where its words are missing */
export const STEPS = new Map(
  (words.steps || []).map(([code, button, fields, ask, need]) => [code, { button, fields, ask, need }]),
);
export const RATINGS = words.ratings || [];
/** Kinds of disputes, and how such things end where they are settled on the spot. */
export const QUARRELS = words.quarrels || [];
export const SETTLINGS = words.settlings || [];
/** What is so of somebody's work: [[status, wish, words], …], and what only who has work is asked. */
export const WORKS = words.works || [];
export const ANOTHER = words.another || [];
export const CATEGORIES = words.categories || [];
