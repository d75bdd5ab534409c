//! Any file, given to each API's import: what can be read can be stored, or is refused in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partnerapi_fuzz::Server;

fuzz_target!(|data: (u8, &str)| {
    let (api, text) = data;
    let server = Server::get();
    server.import(usize::from(api) % server.apis.len(), text);
});
