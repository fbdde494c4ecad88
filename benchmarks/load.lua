-- wrk's script: sends the requests of a file, one a line as METHOD<tab>path<tab>body, round and round. `{n}` in a line
-- becomes a number that no other request has. Each thread starts somewhere else in the file.
local requests, token, at, serial, run

local starts = 0
function setup(thread)
  thread:set("start", starts)
  starts = starts + 1
end

function init(args)
  token = args[2]
  run = args[3]
  requests = {}
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%u+)\t([^\t]*)\t?(.*)$")
    requests[#requests + 1] = { method, path, body }
  end
  at = start * 7919
  serial = 0
end

function request()
  at = at + 1
  local r = requests[at % #requests + 1]
  local headers = { ["Authorization"] = "Bearer " .. token }
  local body = nil
  if r[3] ~= "" then
    serial = serial + 1
    headers["Content-Type"] = "application/json"
    body = r[3]:gsub("{n}", run .. "-" .. start .. "-" .. serial)
  end
  return wrk.format(r[1], r[2], headers, body)
end

local bad = 0
function response(status)
  if status >= 300 then bad = bad + 1 end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
