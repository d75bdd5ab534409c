//! Queries and forms: pairs, of which a name may have several.

use percent_encoding::percent_decode_str;

/// The parameters of a request, in their order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2`. Nothing: it is not UTF-8.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        pairs.collect::<Option<_>>().map(Self)
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter; empty if it is left out.
    pub(crate) fn one<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).last().unwrap_or_default()
    }

    /// The names of all parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_order_and_brackets_may_be_encoded() {
        let form = Form::read("ids%5B%5D=58&ids[]=21737&first_name=%D0%98%D0%B2%D0%B0%D0%BD+X").unwrap();
        assert_eq!(form.all("ids[]").collect::<Vec<_>>(), ["58", "21737"]);
        assert_eq!(form.one("first_name"), "Иван X");
        assert_eq!(form.one("email"), "");
        assert!(Form::read("a=%ff").is_none());
    }
}
