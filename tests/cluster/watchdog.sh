# Runs a server while standard input is open, then kills it and removes its directory.
# The test process has the other end of the pipe, so that the server ends with the test:
# after a return, a panic or SIGKILL.
#
# usage: sh -c "$(cat watchdog.sh)" watchdog DIRECTORY COMMAND [ARGUMENT...]
directory=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{
    read -r _ <&3
    kill -9 "$server" 2>/dev/null
} &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
rm -rf "$directory"
exit "$status"
