import fc from 'fast-check'

/** Text as strangers write it: controls, escapes, bidi, wide, combining, emoji, lone surrogates. */
export const strange: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '\x1b[31m',
        '\x1b]0;title\x07',
        '\x1b[',
        '\x9b2J',
        '\r\n',
        '\u202e',
        '\ud83d',
      ),
      fc.constantFrom('漢字', 'e\u0301', '👩‍👩‍👧', '❤️', '🫠', '🇩🇪', 'ｆｕｌｌ', '\u0301'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
