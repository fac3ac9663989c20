#!/bin/sh
# Makes .venv complete for "demo", "test" or "dev". The Makefile calls this only when it is not.
# Debian and Ubuntu may lack system packages: root gets them installed, anyone else is told the command.
set -eu
cd "$(dirname "$0")/.."
purpose=$1

main() {
    case $(pwd -P) in
        *,*) fail "Qt finds no plugins below a folder with a comma in its name: move this checkout elsewhere." ;;
    esac
    find_python
    if command -v apt-get >/dev/null && [ -e /etc/debian_version ]; then
        provide_packages "$(missing_packages)" "$(missing_for_accessibility)"
    fi
    make_environment
    if command -v apt-get >/dev/null && [ -e /etc/debian_version ]; then
        provide "$(missing_for_qt)"
    fi
    mark_complete
}

say() { printf '%s\n' "$@" >&2; }
fail() { say "$@"; exit 1; }

find_python() {
    chosen=${PYTHON:-python3}
    command -v "$chosen" >/dev/null ||
        fail "Consent Desk needs Python 3.11 or newer, and there is no $chosen here." \
            "Install it, or name another: make $purpose PYTHON=/path/to/python3"
    # The interpreter below a virtual environment: the one above may be the .venv that is about to go.
    python=$("$chosen" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
    version=$("$chosen" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$chosen" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Consent Desk needs Python 3.11 or newer, and $chosen is $version." \
            "Name another: make $purpose PYTHON=/path/to/python3"
}

# What Qt for Python loads from the system, offscreen and on X11, and the package that brings it.
libraries() {
    cat <<'END'
libEGL.so.1             libegl1
libGL.so.1              libgl1
libX11-xcb.so.1         libx11-xcb1
libX11.so.6             libx11-6
libbrotlidec.so.1       libbrotli1
libdbus-1.so.3          libdbus-1-3
libfontconfig.so.1      libfontconfig1
libfreetype.so.6        libfreetype6
libglib-2.0.so.0        libglib2.0-0
libgssapi_krb5.so.2     libgssapi-krb5-2
libgthread-2.0.so.0     libglib2.0-0
libstdc++.so.6          libstdc++6
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0      libxcb-render0
libxcb-shape.so.0       libxcb-shape0
libxcb-shm.so.0         libxcb-shm0
libxcb-sync.so.1        libxcb-sync1
libxcb-util.so.1        libxcb-util1
libxcb-xfixes.so.0      libxcb-xfixes0
libxcb-xkb.so.1         libxcb-xkb1
libxcb.so.1             libxcb1
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libxkbcommon.so.0       libxkbcommon0
libz.so.1               zlib1g
libzstd.so.1            libzstd1
END
}

# Before anything is downloaded, so that everything can be asked for in one go.
missing_packages() {
    # Bare Debian has venv but no ensurepip, and "python3 -m venv" then leaves half a .venv.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$chosen" = python3 ]; then echo python3-venv; else echo "python$version-venv"; fi
    fi
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    find -L /usr/share/fonts /usr/local/share/fonts -name '*.[ot]t[cf]' 2>/dev/null | grep -q . ||
        echo fonts-dejavu-core
    known=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)
    libraries | while read -r library package; do
        case $known in *"$library "*) ;; *) echo "$package" ;; esac
    done
    if [ "$purpose" != demo ]; then
        command -v gnome-keyring-daemon >/dev/null || echo gnome-keyring
        command -v dbus-run-session >/dev/null || echo dbus
    fi
}

# For the test that uses the window as a screen reader does. Without them it is skipped.
missing_for_accessibility() {
    [ "$purpose" != demo ] || return 0
    command -v Xvfb >/dev/null || echo xvfb
    command -v xdotool >/dev/null || echo xdotool
    [ -e /usr/share/dbus-1/services/org.a11y.Bus.service ] || echo at-spi2-core
    /usr/bin/python3 -I -c 'import pyatspi' 2>/dev/null || echo python3-pyatspi
}

# The wheel itself has the last word. Its other parts would ask for GTK, Oracle and MySQL.
missing_for_qt() {
    cd "$(.venv/bin/python -c 'import PySide6; print(PySide6.__path__[0])')/Qt"
    for part in Core Gui Widgets Network DBus Svg XcbQpa; do echo "lib/libQt6$part.so.6"; done |
        xargs ldd plugins/platforms/libqoffscreen.so plugins/platforms/libqxcb.so |
        sed -n 's/^[[:space:]]*\(.*\) => not found.*/\1/p' | sort -u |
        while read -r library; do
            package=$(libraries | sed -n "s/^$library  *//p")
            [ -n "$package" ] || say "Qt also asks for $library, and its package is not known here."
            echo "$package"
        done
}

# What is needed, and what is wished for: where the latter is not to be had, that is said, and no more.
provide_packages() {
    if [ "$(id -u)" -eq 0 ]; then
        provide "$1"
        provide "$2" || say "Not to be had here: $packages. The test that uses them will be skipped."
    elif can_be_had "$2"; then
        provide "$1 $2"
    else
        say "Not to be had here: $(echo "$2" | xargs). The test that uses them will be skipped."
        provide "$1"
    fi
}

can_be_had() {
    for package in $1; do apt-cache show "$package" >/dev/null 2>&1 || return 1; done
}

provide() {
    packages=$(echo "$1" | sort -u | xargs)
    [ -n "$packages" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        fail "System packages are missing. Install them, then call make again:" "" \
            "sudo apt-get install $(current_names)"
    fi
    say "Installing system packages: $packages"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2046  # one word for each package
    apt-get install -qq -y --no-install-recommends $(current_names) </dev/null
}

# Since Ubuntu 24.04 and Debian 13 some libraries have "t64" at the end of their package's name.
current_names() {
    for package in $packages; do
        if apt-cache show "${package}t64" >/dev/null 2>&1; then package=${package}t64; fi
        echo "$package"
    done | xargs
}

make_environment() {
    here=$(pwd -P)
    if [ "$(cat .venv/.place 2>/dev/null)" = "$here" ] && .venv/bin/python -c '' 2>/dev/null; then
        say "Bringing .venv up to date ($purpose) ..."
    else
        say "Setting up .venv ($purpose); Qt alone is a download of some 80 MB ..."
        rm -rf .venv
        "$python" -m venv .venv
    fi
    rm -f .venv/.place .venv/.ready-*
    case $purpose in
        demo) project=. ;;
        *) project=".[$purpose]" ;;
    esac
    # By environment, so that they hold for the build as well; old and new pips call that differently.
    PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
        .venv/bin/python -m pip install --quiet --editable "$project"
}

# Written last: without these a .venv is half made.
mark_complete() {
    case $purpose in
        demo) touch .venv/.ready-demo ;;
        test) touch .venv/.ready-demo .venv/.ready-test ;;
        dev) touch .venv/.ready-demo .venv/.ready-test .venv/.ready-dev ;;
    esac
    echo "$here" >.venv/.place
}

main
