#!/usr/bin/env bash
# Sees to it that the browser tests have a Chromium and Chinese letters: installs Debian's where it may, else says so.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing+=(chromium)
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]; then
  missing+=(fontconfig fonts-noto-cjk)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

may=()
if ! command -v apt-get >/dev/null; then
  may=(false)
elif [ "$(id -u)" -ne 0 ]; then
  # -n: never asks for a password, so that no test run hangs at a prompt.
  if sudo -n true 2>/dev/null; then may=(sudo -n); else may=(false); fi
fi
if [ "${may[*]:-}" = false ]; then
  echo "[browser] 缺 ${missing[*]}，这里不能用 apt 安装：要用浏览器的测试会跳过。" >&2
  [ "${CI:-}" != true ]
  exit
fi
echo "[browser] 安装 ${missing[*]}"
"${may[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null
"${may[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" \
  </dev/null >/dev/null
