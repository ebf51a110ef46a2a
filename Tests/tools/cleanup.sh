# For sourcing: stops what tests left running below a folder, by the process ids that they wrote down.

# stop_servers FOLDER: kills each process named in a FOLDER/**/*.pid file, if it still is a program of ours.
stop_servers() {
  local file pid
  while IFS= read -r -d '' file; do
    pid=$(tr -cd 0-9 <"$file")
    [ -n "$pid" ] || continue
    case "$(readlink "/proc/$pid/exe" 2>/dev/null)" in
      */zion | */bitcoind | */postgres) kill -9 "$pid" 2>/dev/null || true ;;
    esac
  done < <(find "$1" -name '*.pid' -print0 2>/dev/null)
}
