// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.added;

/**
 * A token that texts are searched for before they are split.
 *
 * @param special whether it stands for something that is no text
 * @param leftSpaces whether it takes in white space in front of it
 * @param rightSpaces whether it takes in white space behind it
 * @param singleWord whether it counts only where no letter or digit touches it
 * @param normalized whether it is searched for in the normalized text
 * @param from the name of the file that says so
 */
public record AddedToken(
    int id,
    String text,
    boolean special,
    boolean leftSpaces,
    boolean rightSpaces,
    boolean singleWord,
    boolean normalized,
    String from) {}
