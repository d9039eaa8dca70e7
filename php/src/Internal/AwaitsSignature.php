<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\SigningException;

/**
 * A call waits for its signature, because a function of the shop signs. {@see \Antom\Client} catches it.
 *
 * @internal
 */
final class AwaitsSignature extends SigningException
{
    public Secret $stringToSign;

    public function __construct(
        #[\SensitiveParameter]
        string $stringToSign,
        ?string $requestId
    ) {
        parent::__construct('the call waits for its signature', ['request_id' => $requestId]);
        $this->stringToSign = new Secret($stringToSign);
    }
}
