-- Makes one order a request, each under an id of its own, and writes down which were acknowledged.
--
-- Arguments: first id, threads, file for the partner's ids of the orders that were acknowledged, one a line.
dofile("report.lua")

local threads = {}

function setup(thread)
  thread:set("turn", #threads)
  table.insert(threads, thread)
end

function init(args)
  id, step, file = tonumber(args[1]) + turn, tonumber(args[2]), args[3]
  acknowledged, refused = {}, 0
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local body = '{"order_id":' .. string.format("%d", id) .. ',"date":"2026-11-22T10:00:00+03:00",'
    .. '"client":{"name":"Test","phone":"79997772211","email":"example@example.com"},'
    .. '"their_pharmacy_id":"1086","order_type":2,"items":[{"their_id":"58","price":"10","count":10},'
    .. '{"their_id":"21737","price":"10","count":12}],"comment":null,"extra":{}}'
  id = id + step
  return wrk.format("POST", "/v2/orders/", nil, body)
end

function response(status, headers, body)
  local theirs = body:find('"result":"success"', 1, true) and body:match('"their_order_id":"(%d+)"')
  if theirs then
    acknowledged[#acknowledged + 1] = theirs
  elseif status == 200 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local refused, ids = 0, {}
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("refused")
    for _, theirs in ipairs(thread:get("acknowledged")) do
      ids[#ids + 1] = theirs
    end
  end
  local written = assert(io.open(threads[1]:get("file"), "w"))
  written:write(table.concat(ids, "\n"))
  written:close()
  report(summary, latency, refused)
end
