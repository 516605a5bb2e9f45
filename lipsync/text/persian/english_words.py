"""English words that people write most, none of which is Persian in Latin letters. A table only.

For `finglish`, and for telling where English begins. How English is said is left to a voice that
reads it.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
a able about above accept access across act action active actual add address after again against age ago
agree ahead air alan all allow almost alone along already also always am amazing among amount an and angry
animal another answer any anyone anything anyway apart appear apple apply april are area arm army around
arrive art article as ask at attack august author available average away baby back bad bag bake bale ball
ban band bank bar bare base bash basic bath be bean bear beat beautiful became because become bed bedim been
beer before beg began begin behind being belief believe below best bet better between beyond big bill bird
birth birthday bit bite black blame blue board boat body book born boss both bottle bottom bought box boy
brain branch bread break breakfast bridge brief bring broke brother brown bud budget bug build building
built bunch bus business busy but buy by cake call came camera camp can candle cannot capital car care carry
case cash cat catch cause cell center central century certain chair chance change channel char charge chase
cheap check chef chest chi child children choice choose church city claim class clean clear click client
climb clock close clothes club coach coal coast coat coffee cold collect college color come comfort common
company compare complete computer concern condition consider contact contain content continue control cook
cool copy corner correct cost could count country couple course court cover create cross cry culture cup
current customer cut dad daily damage dan dance danger dare dark data date daughter day days dead deal dear
death debt decide deep default degree delay deliver demand depend describe design desk detail develop device
did die diet differ different difficult dig dinner direct dirty discuss disease do doctor does dog dogs done
door double doubt down draw dream dress drink drive drop drug dry due during dust duty each early earn earth
ease east easy eat edge effect effort egg eight either else end enemy energy engine english enjoy enough
enter entire equal error escape even evening event ever every everyone everything evil exact example except
exist expect experience explain express extra eye eyes face fact fail fair fall false familiar family famous
far farm fast father fear feed feel feeling feet fell few field fight figure file fill film final find fine
finger finish fire first fish fit five fix flat flight floor flow flower fly follow food foot for force
forget form former forward found four fox free fresh friday friend friends from front fruit full fun
function funny further future gain game garden gas gate gave general get gift girl give given glad glass go
goal god goes going gold gone good got government grade gram grand great green grey ground group grow growth
guess guest guide gun guy had hair half hall ham hand handle hands hang happen happy hard has hat hate have
he head health hear heard heart heat heavy held hello help her here hero hey hi hidden high hill him himself
his history hit hold hole holiday home honest hope horse hospital hot hotel hour hours house how however
huge human hundred hunt hurry hurt husband i ice idea if ill image imagine impact important in include
income increase indeed industry inform input inside instead interest into invite iron is island issue it
item its itself jam job join joke joy judge jump jumps june just keen keep kept key kid kids kill kin kind
king kitchen knew know known lab lack lady lake lamb land language large last late later laugh law lay lead
leader learn least leave left leg lend less lesson let letter level lie life lift light like likely limit
line lines list listen little live lives load local long look lose lost lot lots love low luck lunch machine
made mail main make male mall man manage manager many map march mark market marriage married mass match
matter may maybe me meal mean means measure meat media medical meet meeting member memory men mention menu
message met method middle might mile milk mill mind mine minute mire miss mode model modern moment monday
money month months mood moon more morning most mother mouth move movie much music must my name narrow nation
nature near nearly necessary neck need net never new news next nice night nine no nobody noise none noon nor
normal north nose not note nothing notice now number object occur ocean of off offer office often oh oil old
on once one only open option or orange order other our out outside over own pace pack page pain paint pair
panel paper parent park part party pass past path pay peace pen people per perfect perhaps person phone
photo piece place plan plane plant play player please point pool poor possible post pot power practice
present press pretty prevent price print private problem process produce product program project promise
proof protect proud prove public pull pure purpose push put quality question quick quickly quiet quite race
radio raft rain raise ran range rate reach read ready real really reason receive record red reduce region
remain remember remove repeat reply report request require rest result results return returns rich ride
right rise risk river road rock role roll room rough round row rows rule run runs sad safe said sale salt
same sand save saw say says scale school science score screen sea search season seat second secret see seem
seen sell send sense sent series serious serve service set settle seven several shade shake shall sham shape
share she ship shirt shod shoe shoot shop short should show side sign silence silver similar simple since
sing single sister sit site situation six size skill skin sky sleep slow small smart smile smoke snow so
social society soft software soil sold soldier some someone something son song soon sorry sort sound source
south space speak special speech speed spend spent sport spring square stage stand star start state station
stay step still stone stop store storm story strange street strong student study stuff style subject success
such sudden sugar suit summer sun sunday supply support sure surface surprise system table take taken tale
talk tall tame tan tang tank tape task taste tax tea teach teacher team tell ten term test text than thank
thanks that the their them then there these they thing things think third this those though thought thousand
three through throw thus ticket tie till time times tin tiny tip tire to today together told tomorrow tone
tonight too took tool top total touch toward town toy trade train travel treat tree trip trouble true truly
trust truth try turn twice two type under understand unit until up upon us use used useful user usual value
van very via victim video view village visit voice vote wait walk wall want war warm warn was wash waste
watch water wave way we weak wear weather web week weeks weight welcome well went were west wet what when
where whether which while white who whole whom whose why wide wife wild will win wind window wine wing
winter wise wish with within without woman women won wonder wood word words work works world worry worse
worth would write written wrong yard yeah year years yellow yes yesterday yet you young your yours zone
"""

ENGLISH: Final = frozenset(_WORDS.split())
