#!/bin/sh
# Take out of a Debian what no container of ours runs: the package manager's front end, Perl, tools for disks and logins,
# other character sets. What dpkg knows of the rest stays, so that scanners see what is there.
set -eu
export DEBIAN_FRONTEND=noninteractive
purge() { dpkg --purge --force-all "$@" >/dev/null 2>&1 || { dpkg --purge --force-all "$@"; exit 1; }; }

purge util-linux-extra e2fsprogs logsave libext2fs2 libss2
purge adduser apt bsdutils debian-archive-keyring gpgv libapt-pkg6.0 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 \
  libhogweed6 libidn2-0 libnettle8 libp11-kit0 libseccomp2 libsystemd0 libtasn1-6 libudev1 libunistring2 libxxhash0 \
  media-types mount ncurses-bin sysvinit-utils tzdata
purge login passwd debconf perl-base
rm -rf /usr/lib/x86_64-linux-gnu/gconv /usr/lib/aarch64-linux-gnu/gconv /usr/share/doc /usr/share/man /usr/share/locale \
  /usr/share/info /usr/share/lintian /usr/share/bash-completion /usr/share/gdb /usr/share/common-licenses/* \
  /var/lib/apt /var/lib/dpkg/*-old /var/lib/dpkg/info/*.md5sums /var/cache/* /var/log/* /tmp/*
find /usr/lib/python3* -depth -type d \( -name __pycache__ -o -name pydoc_data -o -name lib2to3 \) -exec rm -rf {} +
# The same bytes at each build: a file's time is no part of what is compiled from it.
python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.11
rm /usr/local/bin/slim.sh
