// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What templates compute with values: operators, attributes, methods, filters, tests and global
 * functions of Jinja and Python. Knows no tree and no variables.
 */
package dev.awp.jinja.function;
