/**
 * The kinds of record that the outbox keeps: a visit, a step of a matter, a dispute settled on the spot, a good deed.
 * What differs between them stands here.
 *
 * A step's record: {kind: "step", matter, number, title, content: {step, …}, values, short, happened_at, photo}.
 * Of one settled on the spot or a deed: {kind, household, name, title, content, values, short, happened_at}.
 */

const visit = {
  /** What is sealed for the server. */
  letter: (record, happened) => ({ visit: { ...record.content, happened_at: happened, ...corrected(record) } }),
  address: (uuid) => `/api/visits/${uuid}/`,
  photoAddress: (uuid) => `/api/visits/${uuid}/photo/`,
  body: (record, times) => ({ ...record.content, ...times, ...corrected(record) }),
  /** What of the server's answer is the receipt. */
  receipt: (data) => data,
  title: ({ name, title }) => title || `${name}家 走访`,
  fix: (uuid, { household }) => `#/h/${household}?fix=${uuid}`,
};

const step = {
  letter: (record, happened) => ({ step: { ...record.content, matter: record.matter, happened_at: happened } }),
  address: (uuid, { matter }) => `/api/matters/${matter}/steps/${uuid}/`,
  photoAddress: (uuid, { matter }) => `/api/matters/${matter}/steps/${uuid}/photo/`,
  body: (record, times) => ({ ...record.content, ...times }),
  receipt: (data) => data && { number: data.number, outcome: "accepted" },
  title: ({ title }) => title || "先前的诉求",
  fix: (uuid, { matter }) => `#/m/${matter}?fix=${uuid}`,
};

const settled = {
  letter: (record, happened) => ({ settled: { ...record.content, happened_at: happened } }),
  address: (uuid) => `/api/disputes/settled/${uuid}/`,
  body: (record, times) => ({ ...record.content, ...times }),
  receipt: (data) => data && { number: data.number, outcome: "accepted", late: data.late },
  title: ({ title }) => title || "先前化解的",
  fix: (uuid, { household }) => (household ? `#/h/${household}/settled?fix=${uuid}` : `#/settled?fix=${uuid}`),
};

const award = {
  ...settled,
  letter: (record, happened) => ({ award: { ...record.content, happened_at: happened } }),
  address: (uuid) => `/api/awards/${uuid}/`,
  photoAddress: (uuid) => `/api/awards/${uuid}/photo/`,
  title: ({ title }) => title || "先前申报的",
  fix: (uuid, { household }) => `#/h/${household}/deed?fix=${uuid}`,
};

const corrected = ({ corrects }) => (corrects ? { corrects } : {});

const KINDS = { step, settled, award };
export const kindOf = (record) => KINDS[record.kind] || visit;
export const titleOf = (record) => kindOf(record).title(record);
export const isStep = ({ kind }) => kind === "step";
export const isVisit = (record) => kindOf(record) === visit;
