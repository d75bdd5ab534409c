//! Pages of fifteen.

/// Entries of a page.
const PAGE: i64 = 15;

/// Places in a supplier's history, from `first` to `last`, both included. Empty if `last` is before `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    pub(crate) const EMPTY: Self = Self { first: 1, last: 0 };

    /// How many places it has.
    pub(crate) fn len(self) -> i64 {
        (self.last - self.first + 1).max(0)
    }
}

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: i64,
    pub(crate) total_pages: i64,
    pub(crate) total_items: i64,
}

impl Page {
    /// The page that is asked for, or the first one if there is no such page.
    pub(crate) fn of(asked: Option<&str>, total_items: i64) -> Self {
        let total_pages = ((total_items + PAGE - 1) / PAGE).max(1);
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let asked = asked.filter(is_number).and_then(|text| text.parse().ok());
        let number = asked.filter(|number| (1..=total_pages).contains(number)).unwrap_or(1);
        Self { number, total_pages, total_items }
    }

    /// How many entries stand before it.
    pub(crate) fn skipped(self) -> i64 {
        (self.number - 1) * PAGE
    }

    /// How many entries it has.
    pub(crate) fn len(self) -> i64 {
        (self.total_items - self.skipped()).clamp(0, PAGE)
    }

    /// Its part of `span`, of which the last place stands first.
    pub(crate) fn part_of(self, span: Span) -> Span {
        let last = span.last - self.skipped();
        Span { first: last - self.len() + 1, last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_the_first() {
        for asked in [
            None,
            Some(""),
            Some("0"),
            Some("-1"),
            Some("x"),
            Some("1.5"),
            Some("4"),
            Some("99999999999999999999"),
        ] {
            assert_eq!(Page::of(asked, 45).number, 1, "{asked:?}");
        }
        assert_eq!(Page::of(Some("3"), 45), Page { number: 3, total_pages: 3, total_items: 45 });
        assert_eq!(Page::of(Some("4"), 46), Page { number: 4, total_pages: 4, total_items: 46 });
        assert_eq!(Page::of(Some("7"), 0), Page { number: 1, total_pages: 1, total_items: 0 });
    }

    #[test]
    fn pages_part_a_span_from_its_end_and_leave_nothing_out() {
        for total in 0..50 {
            let span = Span { first: 101, last: 100 + total };
            let mut next = span.last;
            let pages = Page::of(None, total).total_pages;
            for number in 1..=pages {
                let part = Page::of(Some(&number.to_string()), total).part_of(span);
                assert_eq!(part.last, next);
                assert!(part.len() == 15 || number == pages, "{total}: {number}");
                next = part.first - 1;
            }
            assert_eq!(next, 100, "{total}");
        }
    }
}
