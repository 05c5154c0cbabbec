// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Templates in Jinja as trees: tokens, expressions, statements, by the rules that transformers sets
 * for chat templates. Knows values, and computes nothing.
 */
package dev.awp.jinja.syntax;
