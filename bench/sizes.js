// The files that more than one benchmark fetches: how many, of how many bytes, how many at once where not by default.
export const KIB = 1024
export const MIB = 1024 * KIB

export const manySmall = { count: 10_000, bytes: 10 * KIB, jobs: 50 }
export const manyLarge = { count: 64, bytes: 16 * MIB, jobs: 16 }
export const oneLarge = { count: 1, bytes: 1024 * MIB }
