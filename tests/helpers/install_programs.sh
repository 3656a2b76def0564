#!/bin/sh
# Make programs available to the tests where that is easy: a Chromium, nginx, Caddy and dovecot; never fail.
needed=""

chromium="no"
for browser in "$CHROMIUM" chromium /usr/bin/chromium; do
  [ -n "$browser" ] && command -v "$browser" >/dev/null 2>&1 && chromium="yes"
done
[ "$chromium" = yes ] || needed="chromium fonts-noto-core fonts-noto-color-emoji"
for proxy in nginx caddy; do
  command -v "$proxy" >/dev/null 2>&1 || [ -x "/usr/sbin/$proxy" ] || needed="$needed $proxy"
done
command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ] || needed="$needed dovecot-imapd"
[ -n "$needed" ] || exit 0

apt=""
if command -v apt-get >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] && apt="apt-get"
  # The runners of CI let everybody be root without a password.
  [ -z "$apt" ] && [ "$CI" = true ] && sudo -n true 2>/dev/null && apt="sudo -n apt-get"
fi
if [ -n "$apt" ]; then
  echo "Installing for the tests: $needed ..."
  export DEBIAN_FRONTEND=noninteractive
  left=""
  $apt -qq update >/dev/null 2>&1
  for package in $needed; do # one by one: a distribution may lack one of them
    $apt -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 || left="$left $package"
  done
  needed="$left"
fi
[ -z "$needed" ] || echo "Not here, so tests that need them are skipped: $needed (apt install$(echo " $needed"))."
exit 0
