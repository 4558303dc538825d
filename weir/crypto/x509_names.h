// X509 names: subjects and alternative names, to OpenSSL's form and back. For the .cc files of this room only.
//
// Trust: the readers take what a hostile certificate holds; control characters and doubled names are refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/crypto/owned.h"
#include "weir/crypto/x509.h"

struct X509_name_st;
struct stack_st_GENERAL_NAME;

namespace weir::crypto {

void free_name(X509_name_st* name);
void free_names(stack_st_GENERAL_NAME* names);
using Name = Owned<X509_name_st, free_name>;
using Names = Owned<stack_st_GENERAL_NAME, free_names>;

// Fails with kInvalidArgument ("certificate.subject").
Result<Name> make_name(const CertificateSubject& subject);
Result<CertificateSubject> read_name(const X509_name_st* name);

// Fails with kInvalidArgument ("certificate.alternative_name").
Result<Names> make_alternative_names(const std::vector<std::string>& texts);
// Kinds other than DNS, IP and URI are left out.
Result<std::vector<std::string>> read_alternative_names(const stack_st_GENERAL_NAME* names);

}  // namespace weir::crypto
