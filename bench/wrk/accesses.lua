-- Reports a visit, again and again, as the script in a supplier's page does.
--
-- Arguments: the supplier's ecommerceHash, what the browser calls itself.
dofile("report.lua")

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "text/plain;charset=UTF-8"
  wrk.headers["User-Agent"] = args[2]
  wrk.body = '{"ecommerceHash":"' .. args[1] .. '","pcrid":"7","tags":"verão,praia","utmSource":"blog",'
    .. '"utmMedium":"link","href":"https://hotel.example/quartos/12?pcrid=7&pcrtt=ver%C3%A3o,praia",'
    .. '"referrer":"https://blog.example/","cookie":"pcrid=7; pcrtt=ver%C3%A3o%2Cpraia; utm_source=blog",'
    .. '"screen":{"availWidth":1920,"availHeight":1040,"width":1920,"height":1080,"colorDepth":24,"pixelDepth":24},'
    .. '"navigator":{"hardwareConcurrency":8,"language":"pt-BR","languages":["pt-BR","pt","en"]}}'
end

function request()
  return wrk.format()
end
