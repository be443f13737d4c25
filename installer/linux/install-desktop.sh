#!/bin/sh
# Puts VAE Desktop into the menu of this user and opens .vae files with it; with --remove, takes that out again.
# Needs no root, and no more than a POSIX shell. After the program's folder was moved, run it once more.
set -eu
unset CDPATH
LC_ALL=C # paths are bytes here
export LC_ALL

have() { command -v "$1" >/dev/null 2>&1; }

# Prints its arguments, a line each. Whoever double-clicked this has no terminal to read them in.
tell() {
    printf '%s\n' "$@"
    if [ -t 1 ] || [ -z "${DBUS_SESSION_BUS_ADDRESS:-}" ] || ! have notify-send; then return 0; fi
    notify-send -i vae-desktop "VAE Desktop" "$*" >/dev/null 2>&1 || true
}

fail() {
    tell "$1" >&2
    exit 2
}

# Prints $1 with an absolute folder, without resolving links: a link to the newest version stays a link.
absolute() {
    (cd -- "$(dirname -- "$1")" && printf '%s/%s' "$(pwd)" "$(basename -- "$1")")
}

# Prints the value of the key Exec that starts $1 with the file or folder that was opened. The quoting is that of an
# argument (" ` $ \ after a backslash, %% for a per cent sign), and then that of any value (\\ for a backslash).
exec_value() {
    # Where there is no desktop, xdg-open takes quotes for a part of the name.
    case $1 in
    *[[:space:]\"\'\\\<\>\~\|\&\;\$\*\?\#\(\)\`%]*) ;;
    *) printf '%s %%f' "$1" && return ;;
    esac
    quoted=$(printf '%s' "$1" | sed -e 's/["`$\\]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
    # GLib looks for the program before it makes one % of two, finds none, and hides the entry; env it finds.
    case $1 in *%*) printf 'env ' ;; esac
    printf '"%s" %%f' "$quoted"
}

# Writes the desktop entry for $program, offering it for the types in $1.
write_entry() {
    mkdir -p "$data/applications"
    EXEC=$(exec_value "$program") TRY=$(printf '%s' "$program" | sed 's/\\/\\\\/g') TYPES=$1 awk '
        /^Exec=/ { $0 = "Exec=" ENVIRON["EXEC"] }
        /^TryExec=/ { $0 = "TryExec=" ENVIRON["TRY"] }
        /^MimeType=/ { $0 = "MimeType=" ENVIRON["TYPES"] }
        { print }
    ' "$share/applications/vae-desktop.desktop" >"$entry.new"
    mv -f "$entry.new" "$entry"
    refresh_entries
}

refresh_entries() {
    if have update-desktop-database; then update-desktop-database -q "$data/applications"; fi
}

# An icon cache that is not there is not needed; one that is there hides new icons until it is made again.
refresh_icons() {
    [ -d "$icons" ] || return 0
    touch "$icons"
    if [ -f "$icons/icon-theme.cache" ] && have gtk-update-icon-cache; then
        gtk-update-icon-cache -q -f -t "$icons" || true
    fi
}

refresh_types() {
    # It warns of folders that the session does not look into; that is no fault of this installation.
    if have update-mime-database; then update-mime-database "$data/mime" >/dev/null 2>&1 || true; fi
}

# Prints what opens folders. Both are asked: desktops differ, and xdg-mime stumbles over folders with blanks.
folders_open_with() {
    if have gio; then gio mime inode/directory | sed -n 's/^Default application for .*: //p'; fi
    if have xdg-mime; then xdg-mime query default inode/directory || true; fi
} 2>/dev/null

install() {
    case $program in
    *=* | *[[:cntrl:]]*) fail "Menus cannot start a program from a folder with '=' or a line break in its name: \
$program. Nothing was changed. Give the folder another name and run this again." ;;
    esac
    if ! [ -f "$program" ] || ! [ -x "$program" ]; then fail "There is no program $program. Nothing was changed."; fi
    [ -f "$share/applications/vae-desktop.desktop" ] || fail "The folder $share is not complete. Nothing was changed."
    (cd -- "$share" && find icons mime -type f) | while IFS= read -r file; do
        mkdir -p "$data/$(dirname -- "$file")"
        cp -f -- "$share/$file" "$data/$file"
    done
    refresh_icons
    refresh_types
    # Where no file manager is set, a desktop opens folders with any program that offers to. Not with this one.
    write_entry "application/x-vae-model;inode/directory;"
    case $(folders_open_with) in
    '' | *vae-desktop.desktop*) write_entry "application/x-vae-model;" ;;
    esac
    tell "VAE Desktop is in your menu now, and .vae files open with it." \
        "To take it out again, run this with --remove."
}

remove() {
    rm -f -- "$entry" "$entry.new" "$data/mime/packages/vae-desktop.xml" "$data/mime/application/x-vae-model.xml" \
        "$icons"/*/apps/vae-desktop.png "$icons"/*/apps/vae-desktop.svg \
        "$icons"/*/mimetypes/application-x-vae-model.png "$icons"/*/mimetypes/application-x-vae-model.svg
    if [ -d "$data/mime/packages" ]; then
        refresh_types
        # Without any package, what is left is an empty database.
        if rmdir "$data/mime/packages" 2>/dev/null; then
            (cd -- "$data/mime" && rm -f aliases generic-icons globs globs2 icons magic mime.cache subclasses \
                treemagic types version XMLnamespaces)
        fi
    fi
    if [ -d "$data/applications" ]; then
        refresh_entries
        # The same: a cache of no entries.
        only=$(ls -A "$data/applications")
        if [ "$only" = mimeinfo.cache ]; then rm -f "$data/applications/mimeinfo.cache"; fi
    fi
    refresh_icons
    rmdir "$icons"/*/apps "$icons"/*/mimetypes "$icons"/* "$icons" "$data/icons" "$data/mime/application" \
        "$data/mime" "$data/applications" 2>/dev/null || true
    set -- "VAE Desktop is no longer in your menu. The program's own folder can be deleted as it is."
    if [ -d "$data/vae-desktop" ]; then set -- "$@" "Your projects were kept. They are in $data/vae-desktop"; fi
    tell "$@"
}

usage="usage: install-desktop.sh [--remove] [--program FILE] [--share FOLDER]"
here=$(cd -- "$(dirname -- "$0")" && pwd)
action=install
program=$here/vae-desktop
share=$here/share
while [ $# -gt 0 ]; do
    case $1 in
    --remove) action=remove ;;
    --program) [ $# -gt 1 ] || fail "$usage"; program=$(absolute "$2"); shift ;;
    --share) [ $# -gt 1 ] || fail "$usage"; share=$(absolute "$2"); shift ;;
    *) fail "$usage" ;;
    esac
    shift
done
case ${XDG_DATA_HOME:-} in
/*) data=$XDG_DATA_HOME ;;
*) data=${HOME:?}/.local/share ;;
esac
entry=$data/applications/vae-desktop.desktop
icons=$data/icons/hicolor
$action
