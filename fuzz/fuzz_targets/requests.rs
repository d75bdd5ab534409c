//! Any request of any API: method, target and media type in the first line, the body below it.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use partnerapi_fuzz::{Server, verdict};

fuzz_target!(|data: &[u8]| -> Corpus { verdict(request(data)) });

fn request(data: &[u8]) -> Option<()> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&data[..end]).ok()?;
    let mut words = head.splitn(3, ' ');
    let (method, target, media_type) = (words.next()?, words.next()?, words.next()?);
    Server::get().send(method, target, media_type, &data[end + 1..]).map(drop)
}
