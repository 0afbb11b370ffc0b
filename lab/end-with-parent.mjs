// Loaded by `--import` into the demo's server and agents: they end soon after the demo does, also when that was kill -9.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3_000).unref();
}, 200);
watch.unref();
