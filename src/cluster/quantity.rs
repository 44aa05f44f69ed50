//! Kubernetes resource quantities: `250m`, `1Gi`, `1e3`, `1.5`.

/// The value of a quantity in its base unit (cores, bytes or a count). `None`
/// when the text is not a quantity or its value is not finite.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text
        .char_indices()
        .find(|&(i, c)| !(c.is_ascii_digit() || c == '.' || (i == 0 && (c == '-' || c == '+'))))
        .map_or(text.len(), |(i, _)| i);
    let (number, suffix) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            10f64.powi(digits.parse().ok()?)
        }
    };
    Some(number * factor).filter(|value| value.is_finite())
}

/// Formats bytes in the largest unit of which there is at least one.
#[must_use]
pub fn memory(bytes: f64) -> String {
    let units = [
        (1_099_511_627_776.0, "Ti"),
        (1_073_741_824.0, "Gi"),
        (1_048_576.0, "Mi"),
        (1024.0, "Ki"),
    ];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    let (unit, name) = unit.unwrap_or((1.0, ""));
    let tenths = (bytes / unit * 10.0).round();
    if tenths < 100.0 && tenths % 10.0 != 0.0 {
        format!("{:.1}{name}", tenths / 10.0)
    } else {
        format!("{:.0}{name}", bytes / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::{memory, parse};

    #[test]
    fn memory_has_two_digits_or_more_in_its_unit() {
        for (bytes, text) in [
            (0.0, "0"),
            (1000.0, "1000"),
            (65_536.0, "64Ki"),
            (966_367_232.0, "922Mi"),
            (1_610_612_736.0, "1.5Gi"),
            (2_147_483_648.0, "2Gi"),
            (2_147_483_000.0, "2Gi"),
            (10_684_354_560.0, "10Gi"),
            (3e15, "2728Ti"),
        ] {
            assert_eq!(memory(bytes), text);
        }
    }

    #[test]
    fn quantities_are_parsed() {
        for (text, value) in [
            ("0", 0.0),
            ("2", 2.0),
            ("250m", 0.25),
            ("1.5", 1.5),
            ("64Mi", 67_108_864.0),
            ("1Gi", 1_073_741_824.0),
            ("12e6", 12e6),
            ("1E3", 1000.0),
            ("1E", 1e18),
            ("17n", 17e-9),
        ] {
            let parsed = parse(text).expect(text);
            assert!((parsed - value).abs() <= value * 1e-12, "{text}: {parsed}");
        }
    }

    #[test]
    fn other_text_is_not_a_quantity() {
        for text in ["", "Gi", "1Zi", "ten", "1 2", "--1", "1e", "1e400", "0e400"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
