/** Why the server cannot be asked just now, and when it will be asked again: the words of every page. */

export const WHY = {
  offline: "没有信号",
  slow: "信号太弱，送得慢",
  signin: "登录过期了",
  broken: "服务器这会儿不收",
};

/** After what is written down is sent by itself. */
export const AGAIN = { offline: "有信号时", broken: "服务器好了" };
