//! Any file, given to each API's import.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partnerapi_fuzz::Server;

fuzz_target!(|file: &str| Server::get().import(file));
