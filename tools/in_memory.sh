#!/bin/sh
# Runs a command with its temporary files in memory, where there is room: waiting for the disk takes most of the
# tests' time. Where there is none, or nothing could be run from there, they stay on the disk.
set -eu

room=1048576 # kB

folder=
if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -ge "$room" ]; then
    folder=$(mktemp -d /dev/shm/consent-desk-tests.XXXXXX)
    # Some tests run a program as another user.
    chmod 755 "$folder"
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\n' >"$folder/runs"
    chmod u+x "$folder/runs"
    if "$folder/runs" 2>/dev/null; then
        rm "$folder/runs"
        TMPDIR=$folder
        export TMPDIR
    fi
fi

"$@"
