//! Amounts and rates, and what comes of them.

use kernel::decimal::Fixed;

/// An amount with two digits after the point.
pub(crate) type Amount = Fixed<2>;

/// A part of a whole: `0.10` is ten per cent.
pub(crate) type Rate = Fixed<6>;

/// The rate where neither the affiliate nor the supplier has one.
pub(crate) const DEFAULT_RATE: Rate = Rate::from_units(RATE_ONE / 10);

/// Units of a rate of one.
const RATE_ONE: i64 = 1_000_000;

/// Whether a rate is one that a part of a whole can have.
pub(crate) fn is_part(rate: Rate) -> bool {
    (0..=RATE_ONE).contains(&rate.units())
}

/// What the affiliate gets of `base`, rounded half up to hundredths. Both are not negative, and the rate is at most one.
pub(crate) fn commission(base: Amount, rate: Rate) -> Amount {
    let exact = i128::from(base.units()) * i128::from(rate.units());
    let rounded = (2 * exact + i128::from(RATE_ONE)).div_euclid(2 * i128::from(RATE_ONE));
    Amount::from_units(i64::try_from(rounded).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(base: &str, rate: &str) -> String {
        commission(base.parse().unwrap(), rate.parse().unwrap()).padded()
    }

    #[test]
    fn half_a_hundredth_is_rounded_up() {
        assert_eq!(of("100.00", "0.10"), "10.00");
        assert_eq!(of("90", "0.1"), "9.00");
        assert_eq!(of("0.05", "0.10"), "0.01");
        assert_eq!(of("0.04", "0.10"), "0.00");
        assert_eq!(of("1.25", "0.10"), "0.13");
        assert_eq!(of("0.01", "0.499999"), "0.00");
        assert_eq!(of("0.01", "0.5"), "0.01");
    }

    proptest! {
        #[test]
        fn the_commission_is_the_nearest_amount_and_the_upper_of_two(
            base in prop_oneof![0..10_000_i64, 0..=i64::MAX],
            rate in prop_oneof![0..=RATE_ONE, (0..=200_i64).prop_map(|half_percents| half_percents * 5_000)],
        ) {
            let value = commission(Amount::from_units(base), Rate::from_units(rate)).units();
            // In millionths of a hundredth: how far the amount lies above the exact product.
            let above = i128::from(value) * i128::from(RATE_ONE) - i128::from(base) * i128::from(rate);
            let half = i128::from(RATE_ONE) / 2;
            prop_assert!(-half < above && above <= half, "{base} × {rate} = {value}, {above} too much");
        }
    }
}
