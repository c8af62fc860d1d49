/**
 * The two kinds of record that the outbox keeps: a visit, and a step of a matter. What differs between them stands here.
 *
 * A step's record: {kind: "step", matter, number, title, content: {step, …}, values, short, happened_at, photo}.
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

const corrected = ({ corrects }) => (corrects ? { corrects } : {});

export const kindOf = (record) => (record.kind === "step" ? step : visit);
export const titleOf = (record) => kindOf(record).title(record);
export const isStep = ({ kind }) => kind === "step";
