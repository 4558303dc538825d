// SPDX-License-Identifier: Apache-2.0
package org.eclipse.dataspacetck.dcp.system.generation;

import com.nimbusds.jwt.JWTClaimsSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.dataspacetck.dcp.system.crypto.KeyService;
import org.eclipse.dataspacetck.dcp.system.model.vc.CredentialFormat;
import org.eclipse.dataspacetck.dcp.system.model.vc.VerifiableCredential;
import org.eclipse.dataspacetck.dcp.system.service.Result;

// Takes the place of the kit's class of this name, whose credentials in RC6 are none by the W3C's data model: their context is
// their id, their subject is their id, and they are of no type VerifiableCredential.
public final class JwtCredentialGenerator implements CredentialGenerator {
    private final String issuer;
    private final KeyService keys;

    public JwtCredentialGenerator(String issuer, KeyService keys) {
        this.issuer = issuer;
        this.keys = keys;
    }

    @Override
    public CredentialFormat getFormat() {
        return CredentialFormat.VC1_0_JWT;
    }

    @Override
    public Result<String> generateCredential(VerifiableCredential credential) {
        Map<String, Object> body = new LinkedHashMap<>(credential.toMap());
        body.put("@context", List.of("https://www.w3.org/2018/credentials/v1"));
        var types = new ArrayList<String>(credential.getType());
        if (!types.contains("VerifiableCredential")) {
            types.add(0, "VerifiableCredential");
        }
        body.put("type", types);
        var begin = Instant.now();
        var claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject(String.valueOf(credential.getCredentialSubject().get("id")))
                .jwtID(UUID.randomUUID().toString())
                .notBeforeTime(Date.from(begin))
                .issueTime(Date.from(begin))
                .expirationTime(Date.from(begin.plusSeconds(300)))
                .claim("vc", body)
                .build();
        return Result.success(keys.sign(Map.of("kid", issuer + "#" + keys.getPublicKey().getKeyID()), claims));
    }
}
