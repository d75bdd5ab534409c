// Reports a visit that an affiliate brought. Stands in a page of the supplier's as
//   <input type="hidden" id="eh" value="ecommerceHash"> <script id="cmp" async src="https://server/cmp"></script>
(function () {
  'use strict';
  var script = document.currentScript || document.getElementById('cmp');
  var names = ['pcrid', 'pcrtt', 'utm_source', 'utm_medium'];

  function kept(name) {
    var found = document.cookie.match('(?:^|; )' + name + '=([^;]*)');
    try { return found ? decodeURIComponent(found[1]) : ''; } catch (error) { return found[1]; }
  }

  function keep(name, value) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; max-age=2592000; path=/; SameSite=Lax' +
      (location.protocol === 'https:' ? '; Secure' : '');
  }

  function pick(from, fields) {
    var picked = {};
    fields.forEach(function (field) { picked[field] = from[field]; });
    return picked;
  }

  function report() {
    var address = new URLSearchParams(location.search);
    if (!address.get('pcrid') && !kept('pcrid')) return;
    var value = {};
    names.forEach(function (name) {
      var given = address.get(name);
      if (given) keep(name, given);
      value[name] = given || kept(name);
    });
    var hash = document.getElementById('eh') || document.querySelector('input[name=eh]');
    if (!hash) return;
    var body = JSON.stringify({
      ecommerceHash: hash.value,
      pcrid: value.pcrid,
      tags: value.pcrtt,
      utmSource: value.utm_source,
      utmMedium: value.utm_medium,
      href: location.href.slice(0, 4096),
      referrer: document.referrer.slice(0, 2048),
      cookie: document.cookie.split('; ').filter(function (cookie) {
        return names.indexOf(cookie.split('=')[0]) >= 0;
      }).join('; '),
      screen: pick(screen, ['availHeight', 'availWidth', 'height', 'width', 'colorDepth', 'pixelDepth']),
      navigator: pick(navigator, ['hardwareConcurrency', 'language', 'languages'])
    });
    var server = script.src.split('?')[0];
    if (navigator.sendBeacon && navigator.sendBeacon(server, body)) return;
    fetch(server, { method: 'POST', body: body, keepalive: true, mode: 'no-cors', credentials: 'omit' })
      .catch(function () {});
  }

  // Whatever goes wrong here is no concern of the visitor's.
  function quietly() { try { report(); } catch (error) {} }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', quietly);
  else quietly();
})();
