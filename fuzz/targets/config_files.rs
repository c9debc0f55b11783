//! nokube.toml: its faults are in the text, in order and few, and what is accepted can be stored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nokube_domain::{
    config_file::{MAX_ERRORS, MAX_SERVICES, parse},
    fields::Fields,
};
use nokube_fuzz::check_stored;

/// The faults of a file are stored in the record of a push.
const MAX_FAULT_BYTES: usize = 2500;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match parse(text) {
        Ok(file) => {
            assert!(file.services.len() <= MAX_SERVICES);
            for service in file.services.values() {
                check_stored(service);
                let mut request = Fields::from_json(b"{}").expect("an object");
                service.apply_to_source(&mut request);
                service.apply_to_configuration(&mut request);
            }
        }
        Err(errors) => {
            assert!((1..=MAX_ERRORS + 1).contains(&errors.len()));
            assert!(errors.is_sorted_by_key(|error| (error.line, error.column)), "{errors:?}");
            let shown = text.strip_prefix('\u{feff}').unwrap_or(text);
            let lines: Vec<_> = shown.split('\n').map(|line| line.chars().count()).collect();
            for error in errors {
                check_stored(&error);
                let length = lines.get(error.line as usize - 1).expect("a line of the text");
                assert!((1..=length + 1).contains(&(error.column as usize)), "{error}");
                assert!(error.to_string().len() <= MAX_FAULT_BYTES, "{error}");
            }
        }
    }
});
