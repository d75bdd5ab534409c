//! Which objects a file has, and who takes them.

use kernel::transfer::{Content, ImportError, Take, located, read_lists};
use serde::de::{DeserializeOwned, SeqAccess};

/// Takes the objects of a file, one by one, each with its index in its list. What is of no interest is of type
/// [`serde::de::IgnoredAny`], and not parsed.
pub(super) trait TakeEach {
    type Supplier: DeserializeOwned;
    type Affiliate: DeserializeOwned;
    type Access: DeserializeOwned;
    type Purchase: DeserializeOwned;

    fn supplier(&mut self, index: usize, supplier: Self::Supplier) -> Result<(), ImportError>;
    fn affiliate(&mut self, index: usize, affiliate: Self::Affiliate) -> Result<(), ImportError>;
    fn access(&mut self, index: usize, access: Self::Access) -> Result<(), ImportError>;
    fn purchase(&mut self, index: usize, purchase: Self::Purchase) -> Result<(), ImportError>;
}

/// Hands all objects of a file over.
pub(super) fn read(content: &Content, take: &mut impl TakeEach) -> Result<(), ImportError> {
    read_lists(content.open()?, &mut Lists(take))
}

struct Lists<'t, T>(&'t mut T);

impl<T: TakeEach> Take for Lists<'_, T> {
    const LISTS: &'static [&'static str] = &["suppliers", "affiliates", "accesses", "purchases"];

    fn next<'de, L: SeqAccess<'de>>(
        &mut self,
        name: &'static str,
        index: usize,
        list: &mut L,
    ) -> Result<Option<Result<(), ImportError>>, L::Error> {
        Ok(match name {
            "suppliers" => located(name, index, list)?.map(|it| self.0.supplier(index, it)),
            "affiliates" => located(name, index, list)?.map(|it| self.0.affiliate(index, it)),
            "accesses" => located(name, index, list)?.map(|it| self.0.access(index, it)),
            _ => located(name, index, list)?.map(|it| self.0.purchase(index, it)),
        })
    }
}
