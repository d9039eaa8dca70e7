<?php

/**
 * A shop's page on which a buyer saves a card. It never sees the card's number: that is entered on a page of Antom's,
 * and notify.php receives the token.
 */

declare(strict_types=1);

require __DIR__ . '/../../../php/autoload.php'; // With Composer: vendor/autoload.php

use Antom\Client;
use Antom\Exception\AntomException;
use Antom\Vaulting;

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']);

$message = '';
try {
    $client = Client::create(require __DIR__ . '/../settings.php');
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        header('Location: ' . begin_vaulting($client), true, 303);
        exit;
    }
    if (isset($_SESSION['vaulting'])) {
        $message = message_of($client->inquireVaulting(['vaultingRequestId' => $_SESSION['vaulting']]));
    }
} catch (AntomException $exception) {
    // The message is for the shop's people, not for the buyer.
    error_log($exception->getMessage() . ' ' . $exception->advice());
    http_response_code(503);
    $message = 'Cards cannot be saved at the moment. Please try again later.';
}

/** Creates a session and returns the page on which the buyer enters the card. */
function begin_vaulting(Client $client): string
{
    $shop = getenv('SHOP_URL'); // Not the Host header, which a visitor chooses.
    $session = $client->createVaultingSession([
        'paymentMethodType' => 'CARD',
        'vaultingNotificationUrl' => "$shop/notify.php",
        'redirectUrl' => "$shop/shop/index.php",
    ]);
    $_SESSION['vaulting'] = $session->requestId();
    // A page of your own would hand $session->data() to Antom's front-end SDK instead.
    return $session->normalUrl()
        ?? $client->inquireVaulting(['vaultingRequestId' => $session->requestId()])->nextUrl()
        ?? "$shop/shop/index.php";
}

function message_of(Vaulting $vaulting): string
{
    if ($vaulting->isSucceeded()) {
        return 'Your card was saved.';
    }
    return $vaulting->isFailed()
        ? "Your card was not saved ({$vaulting->code()}). Please try another one."
        : 'Your card is not saved yet.';
}

/** The card that notify.php kept for this buyer. */
function saved_card(): ?string
{
    $database = new PDO(getenv('SHOP_DATABASE'), null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $query = $database->prepare('SELECT brand, last_four FROM cards WHERE vaulting = ?');
    $query->execute([$_SESSION['vaulting'] ?? '']);
    $card = $query->fetch(PDO::FETCH_ASSOC);
    return $card === false ? null : "$card[brand] ending in $card[last_four]";
}

$card = saved_card();
?>
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>My cards</title>
    <link rel="icon" href="data:,">
    <style>
        body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
        .card { border: 1px solid #767676; border-radius: .6rem; padding: 1.2rem; margin: 1.5rem 0 }
        button { font: inherit; padding: .6rem 1rem; border: 0; border-radius: .4rem; background: #0b57d0; color: #fff }
    </style>
</head>
<body>
    <main>
        <h1>My cards</h1>
        <?php if ($message !== '') { ?>
            <p role="status"><?= htmlspecialchars($message) ?></p>
        <?php } ?>
        <?php if ($card !== null) { ?>
            <p class="card"><?= htmlspecialchars($card) ?></p>
        <?php } ?>
        <form method="post"><button>Save a card</button></form>
    </main>
</body>
</html>
