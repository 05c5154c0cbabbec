// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What weights hold and how two sets of them differ. */
package dev.awp.inspect.values;
