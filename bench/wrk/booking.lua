-- Books one seat a request, paid at once, and none twice.
--
-- Arguments: seats of a show, first seat, end of the seats, threads. Seats are numbered through all shows; the
-- threads take turns.
dofile("report.lua")

local started = 0

function setup(thread)
  thread:set("turn", started)
  started = started + 1
end

function init(args)
  seats_of_show, stop, threads = tonumber(args[1]), tonumber(args[3]), tonumber(args[4])
  seat = tonumber(args[2]) + turn
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  -- Past the end there is no such seat, which the report counts as refused.
  local name = seat < stop and seat % seats_of_show + 1 or "none"
  local path = "/api/partners/v1/tickets/add/1/" .. math.floor(seat / seats_of_show) + 1
  seat = seat + threads
  return wrk.format("POST", path, nil, '{"seat_id":"' .. name .. '","paid":1}')
end
