-- What a run came to, as one line of JSON on standard output. Latencies are in microseconds. `refused` are answers
-- that were no success although their status says so.
function report(summary, latency, refused)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "duration": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + refused, errors.connect + errors.read + errors.write + errors.timeout))
end

function done(summary, latency)
  report(summary, latency, 0)
end
